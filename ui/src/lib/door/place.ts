/** A path of this host and nothing else: where one goes after signing in. */
export function placeInside(asked: string | null): string {
	if (asked === null || !asked.startsWith('/') || /^\/[/\\]/.test(asked)) return '/';
	return asked;
}

/** What the paths inside an account begin with. A test holds them against the routes. */
export const INSIDE: readonly string[] = ['', 'help', 'journal', 'people', 'profile', 'projects', 'settings'];

export function isInside(path: string): boolean {
	return INSIDE.includes(path.split('/')[1] ?? '');
}

/** The door, and the way back from there. */
export function doorTo(place: string): string {
	return place === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(place)}`;
}
