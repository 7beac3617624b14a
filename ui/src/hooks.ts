import type { Reroute } from '@sveltejs/kit';

/** At the root of the installation stands its front page; at the root of an account, its home. */
export const reroute: Reroute = async ({ url }) => {
	if (url.pathname !== '/') return;
	// Only a browser asks: while the pages are built there is no document, and no door.
	const { theDoor } = await import('$lib/state/arrival');
	try {
		if ((await theDoor()).kind === 'installation') return '/front';
	} catch {
		// The page itself finds out, and says so.
	}
	return;
};
