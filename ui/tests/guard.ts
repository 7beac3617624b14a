import { expect, type Page } from '@playwright/test';

/**
 * Listens to a page for what must never happen: an error, a broken Content-Security-Policy, a request to
 * another host than the installation's and its accounts'.
 */
export async function guard(page: Page, base: string): Promise<{ clean: () => void }> {
	const troubles: string[] = [];
	const note = (trouble: string): void => {
		troubles.push(trouble);
		// Said at once: a step that waits in vain fails before the end is reached.
		console.log(trouble);
	};
	const { hostname, port } = new URL(base);

	page.on('console', (message) => {
		if (message.type() === 'error') note(`console: ${message.text()} (${message.location().url})`);
	});
	page.on('pageerror', (error) => {
		note(`page: ${error.stack ?? error.message}`);
	});
	page.on('request', (request) => {
		const address = new URL(request.url());
		if (address.protocol === 'blob:') return;
		const ours = address.hostname === hostname || address.hostname.endsWith(`.${hostname}`);
		if (!ours || address.port !== port) note(`another host: ${request.url()}`);
	});
	await page.addInitScript(() => {
		document.addEventListener('securitypolicyviolation', (event) => {
			console.error(`policy: ${event.violatedDirective} by ${event.blockedURI} in ${event.sourceFile}`);
		});
	});
	return {
		clean: () => {
			expect(troubles).toEqual([]);
		},
	};
}
