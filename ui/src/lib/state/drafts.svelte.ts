/**
 * What is being typed. It is there again when one comes back to the form: after another page, a reload,
 * an error, or signing in anew. This page holds it in memory, and the program keeps it, sealed and for its
 * writer alone; a browser's storage would keep it in clear. Passwords are never a draft.
 */
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { forgetDraft, keepDraft, readDraft, readDrafts, type Fields } from '$lib/api/drafts';
import { connection } from './connection.svelte';
import { DraftKeeper } from './draft-keeper';

interface Draft {
	readonly value: object;
	readonly whole: string;
	/** When it was typed, where the program gave it back. */
	readonly at: string | null;
}

const kept = new SvelteMap<string, Draft>();
/** The forms of which the program has a draft that this page has not asked for. */
const offered = new Set<string>();
const keeper = new DraftKeeper({ keep: keepDraft, forget: forgetDraft });
let whose = '';
let arrived: Promise<void> | null = null;

export const drafts = {
	/**
	 * Finds out what the program keeps of this person, once, and sends what could not be sent before they
	 * signed in anew. Of another person nothing is shown.
	 */
	async arrive(person: string): Promise<void> {
		if (whose !== person) {
			kept.clear();
			offered.clear();
			keeper.clear();
			arrived = null;
			whose = person;
		}
		void keeper.flush();
		arrived ??= readDrafts().then((found) => {
			for (const { form } of found) {
				keeper.found(form);
				if (!kept.has(form)) offered.add(form);
			}
		});
		// No page is held up, and none fails, for want of what may not be there.
		await arrived.catch(() => (arrived = null));
	},
	/** Asks for what the program keeps of this form; answers whether anything came. */
	async fetch(form: string): Promise<boolean> {
		if (!offered.delete(form)) return false;
		try {
			const { fields, kept_at: at } = await readDraft(form);
			// Whoever types meanwhile knows better.
			if (kept.has(form)) return false;
			kept.set(form, { value: fields, whole: written(fields), at });
			return true;
		} catch {
			return false; // it went, in another tab or by its age
		}
	},
	/** What was typed before, or `blank`. */
	recall<T extends object>(form: string, blank: T): T {
		return { ...blank, ...fitting(kept.get(form)?.value, blank) };
	},
	/** Hands over what was typed before: what this page has at once, and what the program keeps when it comes. */
	resume<T extends object>(form: string, blank: T, take: (typed: T) => void): void {
		take(this.recall(form, blank));
		void this.fetch(form).then((came) => {
			if (came) take(this.recall(form, blank));
		});
	},
	/** Keeps what is typed now; what is as it was at first is no draft, and stays what it becomes meanwhile. */
	keep<T extends object>(form: string, value: T, blank: T): void {
		const fields = changed(value, blank);
		const whole = written(fields);
		// Whoever calls this again as one types does not want to be called because a draft has come.
		const before = untrack(() => kept.get(form));
		if (Object.keys(fields).length === 0) {
			if (before) this.done(form);
		} else if (before?.whole !== whole) {
			kept.set(form, { value: fields, whole, at: null });
			keeper.keep(form, fields);
		}
	},
	/** It is saved, or given up. */
	done(form: string): void {
		kept.delete(form);
		offered.delete(form);
		keeper.forget(form);
	},
	has: (form: string): boolean => kept.has(form),
	/** When it was typed, where it comes from before this page. */
	from: (form: string): string | null => kept.get(form)?.at ?? null,
	/** Sends what is not kept yet, and waits for it a little: whoever signs out does not wait for a network. */
	async settle(): Promise<void> {
		await Promise.race([keeper.flush(), new Promise((fulfil) => setTimeout(fulfil, 2_000))]);
	},
};

/** The fields that are other than they were at first. */
function changed<T extends object>(value: T, blank: T): Fields {
	const first = Object.fromEntries(Object.entries(blank));
	const fields = Object.entries(value).filter(
		([name, typed]) => JSON.stringify(typed) !== JSON.stringify(first[name]),
	);
	return JSON.parse(JSON.stringify(Object.fromEntries(fields))) as Fields;
}

/** The same for the same fields, whatever their order. */
function written(value: object): string {
	const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
	return JSON.stringify(Object.fromEntries(fields));
}

/** Of a draft that an older page wrote, what still has a place: the same field with the same kind of value. */
function fitting<T extends object>(value: object | undefined, blank: T): Partial<T> {
	const fields = Object.entries(value ?? {}).filter(([name, typed]) => {
		const first = (blank as Record<string, unknown>)[name];
		return name in blank && typeof first === typeof typed && Array.isArray(first) === Array.isArray(typed);
	});
	return Object.fromEntries(fields) as Partial<T>;
}

connection.onBack(() => void keeper.flush());
window.addEventListener('pagehide', () => keeper.leave());
window.addEventListener('beforeunload', (event) => {
	if (keeper.isBehind || (connection.lost && kept.size > 0)) event.preventDefault();
});
