/** What this browser itself can see: whom the page may ask, and whom it has asked. Pure. */

/** Sources that are no other host: the page's own, what stands in the page, what it made itself. */
const OWN = /^('none'|'self'|'sha(256|384|512)-[^']+'|'nonce-[^']+'|'report-sample'|data:|blob:)$/;

/** The hosts that a policy lets a page ask beside its own; all of them where it forbids none. */
export function foreignSources(policy: string | null): string[] {
	const directives = (policy ?? '')
		.split(';')
		.map((directive) => directive.trim().split(/\s+/))
		.filter(([name]) => name);
	if (!directives.some(([name]) => name === 'default-src')) return ['*'];
	return [...new Set(directives.flatMap(([, ...sources]) => sources.filter((source) => !OWN.test(source))))];
}

/** The addresses that are not of this host. */
export function askedElsewhere(addresses: readonly string[], host: string): string[] {
	return addresses.filter((address) => {
		const { protocol, host: asked } = new URL(address);
		return /^https?:$/.test(protocol) && asked !== host;
	});
}
