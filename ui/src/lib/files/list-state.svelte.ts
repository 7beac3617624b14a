/**
 * A list of files as one works in it: what is selected, where one stands, what is being renamed, whose
 * menu is open. The rows and tiles only show it.
 */
import { tick } from 'svelte';
import type { Entry } from '$lib/api/types';
import { isCommand } from '$lib/frame/typing';
import type { FileAction } from './actions';
import {
	everything,
	NONE,
	nothing,
	only,
	reached,
	stepped,
	toggled,
	without,
	type Selection,
} from './selection';

interface Outside {
	/** The entries as they are shown. */
	readonly order: () => readonly Entry[];
	readonly editable: () => boolean;
	/** Goes into a folder, or shows a file. */
	readonly open: (entry: Entry) => void;
	/** One folder up. */
	readonly up: () => void;
	readonly act: (action: FileAction, entries: readonly Entry[]) => void;
	/** A letter was typed: it begins a filter. */
	readonly type: (letter: string) => void;
	/** What is selected has changed by hand. */
	readonly selected: (entries: readonly Entry[]) => void;
}

type Anchor = HTMLElement | { getBoundingClientRect: () => DOMRect };

/** A page of a long list. */
const PAGE = 12;

export class ListState {
	#selection = $state.raw<Selection>(NONE);
	/** Whose name is being changed. */
	renaming = $state<string | null>(null);
	menu = $state.raw<{ entries: readonly Entry[]; anchor: Anchor } | null>(null);
	/** How many stand beside each other. */
	columns = $state(1);
	/** The element that has the focus for all of the list. */
	element = $state<HTMLElement | null>(null);
	/** Brings a place of the list into sight. */
	reveal: (index: number) => void = () => undefined;

	constructor(private readonly outside: Outside) {}

	get selection(): Selection {
		return this.#selection;
	}

	get ids(): readonly string[] {
		return this.outside.order().map(({ id }) => id);
	}

	/** The selected entries that are shown. */
	get entries(): readonly Entry[] {
		const { ids } = this.#selection;
		return ids.size === 0 ? [] : this.outside.order().filter(({ id }) => ids.has(id));
	}

	is(id: string): boolean {
		return this.#selection.ids.has(id);
	}

	/** What an action on this entry is about: all that is selected, if it is among it. */
	with(entry: Entry): readonly Entry[] {
		return this.is(entry.id) ? this.entries : [entry];
	}

	select(selection: Selection): void {
		this.#selection = selection;
		this.outside.selected(this.entries);
	}

	/** Follows what the page shows, without telling it so. */
	follow(id: string | null): void {
		if (id !== null && !this.is(id)) this.#selection = only(id);
	}

	/** Entries go away; `before` is the order in which they stood. */
	leave(gone: ReadonlySet<string>, before: readonly string[] = this.ids): void {
		this.#selection = without(this.#selection, gone, before);
	}

	/** Another folder is shown: nothing of the one before holds. */
	begin(): void {
		this.#selection = NONE;
		this.renaming = null;
		this.menu = null;
	}

	clear = (): void => {
		this.select(nothing(this.#selection));
	};

	focus = (): void => {
		this.element?.focus({ preventScroll: true });
	};

	/** A row was pressed beside its name. */
	press(entry: Entry, event: MouseEvent): void {
		// The press of a name goes on to the router, and past the row.
		if (event.target instanceof Element && event.target.closest('a') !== null) return;
		this.#select(entry, event);
	}

	#select(entry: Entry, event: MouseEvent): void {
		if (event.shiftKey) this.select(reached(this.#selection, entry.id, this.ids, isCommand(event)));
		else if (isCommand(event) || (isTouch(event) && this.#selection.ids.size > 0)) this.toggle(entry);
		else if (isTouch(event)) this.outside.open(entry);
		else this.select(only(entry.id));
	}

	/** Its name was pressed: it opens, unless the press selects. Answers whether the browser must not follow. */
	pressName(entry: Entry, event: MouseEvent): boolean {
		const selects = event.shiftKey || isCommand(event) || (isTouch(event) && this.#selection.ids.size > 0);
		if (selects) this.#select(entry, event);
		else this.#selection = only(entry.id);
		return selects;
	}

	toggle(entry: Entry): void {
		this.select(toggled(this.#selection, entry.id));
	}

	openMenu(entry: Entry, anchor: Anchor): void {
		if (!this.is(entry.id)) this.#selection = only(entry.id);
		this.menu = { entries: this.with(entry), anchor };
	}

	startRenaming(entry: Entry): void {
		if (this.outside.editable()) this.renaming = entry.id;
	}

	stopRenaming(): void {
		this.renaming = null;
		void tick().then(this.focus);
	}

	key = (event: KeyboardEvent): void => {
		if (event.target !== this.element || event.isComposing) return;
		if (this.#walk(event) || this.#choose(event) || this.#do(event)) event.preventDefault();
	};

	/** Walks along the list. */
	#walk(event: KeyboardEvent): boolean {
		if (event.altKey) return false;
		const steps: Record<string, number> = {
			ArrowDown: this.columns,
			ArrowUp: -this.columns,
			...(this.columns > 1 ? { ArrowRight: 1, ArrowLeft: -1 } : {}),
			PageDown: PAGE * this.columns,
			PageUp: -PAGE * this.columns,
			Home: -Infinity,
			End: Infinity,
		};
		const by = steps[event.key];
		if (by === undefined) return false;
		const ids = this.ids;
		const to = stepped(this.#selection, by, ids);
		if (to === null) return true;
		if (event.shiftKey) this.select(reached(this.#selection, to, ids));
		else if (isCommand(event)) this.#selection = { ...this.#selection, at: to };
		else this.select(only(to));
		this.reveal(ids.indexOf(to));
		return true;
	}

	/** Selects, or opens. */
	#choose(event: KeyboardEvent): boolean {
		const here = this.#here;
		if (isCommand(event) && event.key.toLowerCase() === 'a')
			this.select(everything(this.#selection, this.ids));
		else if (event.key === ' ' && here) this.toggle(here);
		else if (event.key === 'Enter' && here && !isCommand(event)) this.outside.open(here);
		else if (event.altKey && event.key === 'ArrowUp') this.outside.up();
		else if (event.key === 'Escape' && this.#selection.ids.size > 0) this.clear();
		else return false;
		return true;
	}

	/** Does something with what is selected. */
	#do(event: KeyboardEvent): boolean {
		const here = this.#here;
		const chosen = this.entries.length > 0 ? this.entries : here ? [here] : [];
		if (event.key === 'F2' && here) this.startRenaming(here);
		else if ((event.key === 'Delete' || (event.metaKey && event.key === 'Backspace')) && chosen.length > 0) {
			// A key that is held down would go through the whole folder.
			if (this.outside.editable() && !event.repeat) this.outside.act('trash', chosen);
		} else if ((event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10')) && here) {
			const row = document.getElementById(rowId(here.id));
			if (row) this.openMenu(here, row.querySelector<HTMLElement>('.icon-button') ?? row);
		} else if (
			event.key.length === 1 &&
			event.key !== ' ' &&
			event.key !== '/' &&
			!isCommand(event) &&
			!event.altKey &&
			event.key !== '?'
		) {
			this.outside.type(event.key);
		} else return false;
		return true;
	}

	get #here(): Entry | null {
		return this.outside.order().find(({ id }) => id === this.#selection.at) ?? null;
	}
}

/** The element of an entry, wherever it is shown. */
export const rowId = (id: string): string => `entry-${id}`;

function isTouch(event: MouseEvent): boolean {
	return event instanceof PointerEvent && event.pointerType === 'touch';
}
