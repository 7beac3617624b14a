/** A path of this host and nothing else: where one goes after signing in. */
export function placeInside(asked: string | null): string {
	if (asked === null || !asked.startsWith('/') || /^\/[/\\]/.test(asked)) return '/';
	return asked;
}
