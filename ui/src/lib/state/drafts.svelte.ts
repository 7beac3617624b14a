/**
 * What is being typed, for as long as this page lives: it is there again when one comes back to the
 * form, also after signing in anew. It stays in memory alone; a browser's storage would keep it in clear.
 */
import { SvelteMap } from 'svelte/reactivity';

interface Draft {
	readonly value: object;
	readonly whole: string;
	/** The thing as it was when the typing began. */
	readonly before: object | null;
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
	/** Keeps what is typed now; what is as it was at first is no draft. `thing` is what it changes. */
	keep(form: string, value: object, blank: object, thing: object | null = null): void {
		const whole = JSON.stringify(value);
		const draft = kept.get(form);
		if (whole === JSON.stringify(blank)) kept.delete(form);
		else if (draft?.whole !== whole)
			kept.set(form, { value: { ...value }, whole, before: draft?.before ?? thing });
	},
	/** What a draft changes, as it was when it began: others may have changed it since. */
	before<T extends object>(form: string): T | null {
		return (kept.get(form)?.before as T | null | undefined) ?? null;
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
