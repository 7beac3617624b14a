/** Runs once, at build time, when SvelteKit writes the shell. */
import type { Handle } from '@sveltejs/kit';
import icon from './icon.svg?raw';

/** As an address of its own the icon would be asked for again at every page. */
const ICON = `data:image/svg+xml,${encodeURIComponent(icon.trim())}`;

export const handle: Handle = ({ event, resolve }) =>
	resolve(event, {
		transformPageChunk: ({ html }) => html.replace('%palisade.icon%', ICON),
		// Every page shows letters of the core, so they are fetched beside the style sheet, not after it.
		preload: ({ type, path }) => type !== 'font' || path.includes('-core.'),
	});
