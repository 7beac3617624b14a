/** The keys that work on every page. What belongs to one page is heard there. */
import { singleKeys } from '$lib/state/single-keys.svelte';
import { isCommand, isTyping } from './typing';

interface Acts {
	palette: () => void;
	go: (path: string) => void;
	undo: () => boolean;
}

/** G, then one of these. */
export const PLACES: Readonly<Record<string, string>> = {
	h: '/',
	p: '/people',
	j: '/journal',
	y: '/profile',
	s: '/settings',
};
/** How long G waits for its second letter. */
const PATIENCE_MS = 1_500;

export class Shortcuts {
	#began = 0;

	constructor(private readonly acts: Acts) {}

	press = (event: KeyboardEvent): void => {
		if (event.defaultPrevented || event.isComposing) return;
		if (isCommand(event) && !event.altKey && event.key.toLowerCase() === 'k') {
			event.preventDefault();
			this.acts.palette();
			return;
		}
		if (isTyping(event)) return;
		if (isCommand(event) && !event.shiftKey && event.key.toLowerCase() === 'z') {
			if (this.acts.undo()) event.preventDefault();
			return;
		}
		if (!singleKeys.on || isCommand(event) || event.altKey) return;
		this.#single(event);
	};

	#single(event: KeyboardEvent): void {
		const began = event.timeStamp - this.#began < PATIENCE_MS;
		this.#began = 0;
		const place = began ? PLACES[event.key] : undefined;
		if (place !== undefined) this.acts.go(place);
		else if (event.key === '?') this.acts.go('/help');
		else if (event.key === 'g') {
			this.#began = event.timeStamp;
			return;
		} else return;
		event.preventDefault();
	}
}
