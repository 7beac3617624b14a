/** Day, night, or as the system says. `app.html` reads the same memory before the first paint. */
import { recall, remember } from './memory';

export type Theme = 'system' | 'light' | 'dark';

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
		remember('theme', next === 'system' ? null : next);
	},
};
