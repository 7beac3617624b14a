/**
 * What is being typed, for as long as this page lives: it is there again when one comes back to the
 * form, also after signing in anew. It stays in memory alone; a browser's storage would keep it in clear.
 */
import { SvelteMap } from 'svelte/reactivity';

interface Draft {
	readonly value: object;
	readonly whole: string;
}

const kept = new SvelteMap<string, Draft>();
let whose = '';

export const drafts = {
	/** Of another person nothing is shown. */
	belongTo(person: string): void {
		if (whose !== '' && whose !== person) kept.clear();
		whose = person;
	},
	/** What was typed before, or `blank`. */
	recall<T extends object>(form: string, blank: T): T {
		const draft = kept.get(form);
		return draft ? { ...blank, ...draft.value } : blank;
	},
	/** Keeps what is typed now; what is as it was at first is no draft. */
	keep(form: string, value: object, blank: object): void {
		const whole = JSON.stringify(value);
		if (whole === JSON.stringify(blank)) kept.delete(form);
		else if (kept.get(form)?.whole !== whole) kept.set(form, { value: { ...value }, whole });
	},
	/** It is saved, or given up. */
	done(form: string): void {
		kept.delete(form);
	},
	has: (form: string): boolean => kept.has(form),
};

window.addEventListener('beforeunload', (event) => {
	if (kept.size > 0) event.preventDefault();
});
