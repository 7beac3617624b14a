/** What is done with the entries of a folder. Each thing done has its way back. */
import {
	copyFile,
	moveFiles,
	readFile,
	readFolder,
	renameFile,
	restoreFiles,
	trashFiles,
	type Moving,
} from '$lib/api/files';
import { Problem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { batch, type Outcome } from '$lib/state/batch';
import { sentenceFor } from '$lib/state/sentence';
import { change } from '$lib/state/sides.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { comparable, nameBeside } from '$lib/uploads/names';
import type { FileAction } from './actions';
import { download } from './downloads';
import { inBatches } from './outcomes';

/** What the list must do when one of its entries has changed. */
export interface FolderList {
	readonly entries: readonly Entry[];
	/** Entries are new or have changed. */
	put(entries: readonly Entry[]): void;
	/** Entries are on their way out of here: they are not shown, whatever the program still lists. */
	hide(ids: ReadonlySet<string>): void;
	/** Those that were hidden: some are gone now, the others stand here again. */
	settle(ids: ReadonlySet<string>, gone: ReadonlySet<string>): void;
}

/** Names that are taken where entries should go. */
export interface Clash {
	readonly names: readonly string[];
	readonly answer: (choice: 'both' | 'skip' | null) => void;
}

/** An entry on its way, and the name that it will have. */
interface Going {
	readonly entry: Entry;
	readonly name: string;
}

export class FolderActions {
	/** The entries that a dialog is about. */
	entries = $state.raw<readonly Entry[]>([]);
	dialog = $state<'move' | 'copy' | null>(null);
	clash = $state.raw<Clash | null>(null);

	constructor(
		private readonly list: FolderList,
		private readonly here: () => { project: string; folder: string | null; name: string },
		private readonly startRenaming: (entry: Entry) => void,
	) {}

	act = (action: FileAction, entries: readonly Entry[]): void => {
		const [first] = entries;
		if (!first) return;
		if (action === 'download') void download(entries);
		else if (action === 'trash') void this.trash(entries);
		else if (action === 'rename') this.startRenaming(first);
		else {
			this.entries = entries;
			this.dialog = action;
		}
	};

	/** A refusal is thrown to the field in which the name was typed; answers whether the person is done with it. */
	rename = async (entry: Entry, name: string): Promise<boolean> => {
		const renamed = await this.#change(entry, { name });
		if (renamed === null) return false;
		if (renamed.name === entry.name) return true;
		const undo = async (): Promise<void> => {
			this.list.put([await renameFile(renamed, entry.name)]);
		};
		toasts.say(m.renamed({ name }), undo, entry.id);
		return true;
	};

	/** Changes one entry; where someone else changed the same, both sides are shown. */
	async #change(entry: Entry, wanted: { name: string }): Promise<Entry | null> {
		const changed = await change<Entry>({
			name: entry.name,
			before: entry,
			change: wanted,
			read: () => readFile(entry.id),
			write: (onto) => renameFile(onto, wanted.name),
			words: (_, value) => ({ label: m.name(), value: String(value) }),
		});
		if (changed) this.list.put([changed]);
		return changed;
	}

	move = async (entries: readonly Entry[], folder: string | null): Promise<void> => {
		const { project, folder: from } = this.here();
		const going = await this.#named(
			entries.filter((entry) => entry.parent !== folder),
			folder,
		);
		if (going.length === 0) return;
		const send = (some: readonly Moving[]) => moveFiles(project, some);
		// Where each of them was is known, so the way back is certain: they leave the list at once.
		const hidden = idsOf(going.map(({ entry }) => entry));
		this.list.hide(hidden);
		const work = toasts.work(m.moving({ count: going.length }), going.length);
		const { done, failed, left } = await inBatches(
			going.map((one) => ({ ...one, parent: folder })),
			send,
			work,
		);
		work.close();
		await this.#putBack(
			[...failed.map(({ thing }) => thing.entry), ...left.map(({ entry }) => entry)],
			failed[0]?.why,
		);
		this.list.settle(hidden, idsOf(done.map(({ thing }) => thing.entry)));
		if (done.length === 0) return;
		const undo = async (): Promise<void> => {
			const back = done.map(({ thing: { entry }, result }) => ({
				entry: result,
				parent: entry.parent,
				name: entry.name,
			}));
			this.#cameBack(await inBatches(back, send), from);
		};
		say(
			done.map(({ thing }) => thing.entry),
			m.moved,
			m.moved_many,
			undo,
		);
	};

	copy = async (entries: readonly Entry[], folder: string | null): Promise<void> => {
		const { project } = this.here();
		const beside = folder === this.here().folder;
		const going = beside ? besideEach(entries, this.list.entries) : await this.#named(entries, folder);
		if (going.length === 0) return;
		const work = toasts.work(m.copying({ count: going.length }), going.length);
		const { done, failed } = await batch(going, ({ entry, name }) => copyFile(entry, folder, name), work);
		work.close();
		if (failed.length > 0) toasts.refuse(sentenceFor(failed[0]?.why));
		if (done.length === 0) return;
		const copies = done.map(({ result }) => result);
		if (beside && this.here().folder === folder) this.list.put(copies);
		const undo = async (): Promise<void> => {
			this.list.hide(idsOf(copies));
			const gone = await inBatches(copies, (some) => trashFiles(project, some));
			this.list.settle(idsOf(copies), idsOf(gone.done.map(({ thing }) => thing)));
			if (gone.failed[0]) throw gone.failed[0].why;
		};
		say(copies, m.copied, m.copied_many, undo);
	};

	trash = async (entries: readonly Entry[]): Promise<void> => {
		const { project, folder: from } = this.here();
		const hidden = idsOf(entries);
		this.list.hide(hidden);
		const work = toasts.work(m.trashing({ count: entries.length }), entries.length);
		const { done, failed, left } = await inBatches(entries, (some) => trashFiles(project, some), work);
		work.close();
		await this.#putBack([...failed.map(({ thing }) => thing), ...left], failed[0]?.why);
		this.list.settle(hidden, idsOf(done.map(({ thing }) => thing)));
		if (done.length === 0) return;
		const undo = async (): Promise<void> => {
			const trashed = done.map(({ result }) => result);
			this.#cameBack(await inBatches(trashed, (some) => restoreFiles(project, some)), from);
		};
		say(
			done.map(({ thing }) => thing),
			m.in_the_trash,
			m.in_the_trash_many,
			undo,
		);
	};

	/** What could come back is shown where it was; what could not keeps none of it away, and the reason is said. */
	#cameBack({ done, failed }: Outcome<unknown, Entry>, from: string | null): void {
		if (this.here().folder === from) this.list.put(done.map(({ result }) => result));
		if (failed[0]) throw failed[0].why;
	}

	/** What was not done stands in the list again, as it is now, and the reason is said. */
	async #putBack(entries: readonly Entry[], why: unknown): Promise<void> {
		if (entries.length === 0) return;
		const changed = Problem.is(why) && why.status === 412;
		if (why !== undefined)
			toasts.refuse(changed ? m.changed_meanwhile({ name: entries[0]?.name ?? '' }) : sentenceFor(why));
		// Someone else may have changed, moved or erased it: only what is still here is shown.
		const { done } = await batch(entries, ({ id }) => readFile(id));
		const { folder } = this.here();
		this.list.put(done.map(({ result }) => result).filter((entry) => entry.parent === folder));
	}

	/** The names under which entries can go into another folder; asked once where some are taken. */
	async #named(entries: readonly Entry[], folder: string | null): Promise<Going[]> {
		if (entries.length === 0) return [];
		const there = await readFolder(this.here().project, folder);
		const taken = new Set(there.map(({ name }) => comparable(name)));
		const clashing = entries.filter(({ name }) => taken.has(comparable(name)));
		if (clashing.length === 0) return entries.map((entry) => ({ entry, name: entry.name }));
		const choice = await this.#ask(clashing.map(({ name }) => name));
		if (choice === null) return [];
		// On the way it has the new name where it still is: there it must be free as well.
		if (choice === 'both') return besideEach(entries, there, this.list.entries);
		return entries.filter((entry) => !clashing.includes(entry)).map((entry) => ({ entry, name: entry.name }));
	}

	#ask(names: readonly string[]): Promise<'both' | 'skip' | null> {
		return new Promise((fulfil) => {
			this.clash = {
				names,
				answer: (choice) => {
					this.clash = null;
					fulfil(choice);
				},
			};
		});
	}
}

/** Each under its own name, or under the next one that is free. */
function besideEach(
	entries: readonly Entry[],
	there: readonly Entry[],
	here: readonly Entry[] = [],
): Going[] {
	const taken = new Set(there.map(({ name }) => comparable(name)));
	const known = new Set([...taken, ...here.map(({ name }) => comparable(name))]);
	return entries.map((entry) => {
		const free = !taken.has(comparable(entry.name));
		const name = free ? entry.name : nameBeside(entry.name, (each) => known.has(comparable(each)));
		taken.add(comparable(name));
		known.add(comparable(name));
		return { entry, name };
	});
}

const idsOf = (entries: readonly Entry[]): ReadonlySet<string> => new Set(entries.map(({ id }) => id));

/** Says what was done to one by its name, to several by their number. */
function say(
	entries: readonly Entry[],
	one: (args: { name: string }) => string,
	many: (args: { count: number }) => string,
	undo: () => Promise<void>,
): void {
	const [first] = entries;
	if (!first) return;
	const text = entries.length === 1 ? one({ name: first.name }) : many({ count: entries.length });
	toasts.say(
		text,
		undo,
		entries.map(({ id }) => id),
	);
}
