/** Day, night, or as the system says. `app.html` reads the same memory before the first paint. */
import { recall, remember } from './memory';

export type Theme = 'system' | 'light' | 'dark';

/** `--canvas`, which a browser paints around the page. */
const GROUNDS = { light: '#f1f2ea', dark: '#101512' };

const known = recall('theme');
let chosen = $state<Theme>(known === 'light' || known === 'dark' ? known : 'system');

export const theme = {
	get current(): Theme {
		return chosen;
	},
	choose(next: Theme): void {
		chosen = next;
		const root = document.documentElement;
		if (next === 'system') delete root.dataset.theme;
		else root.dataset.theme = next;
		for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]'))
			meta.content = GROUNDS[next === 'system' ? (/dark/.test(meta.media) ? 'dark' : 'light') : next];
		remember('theme', next === 'system' ? null : next);
	},
};
