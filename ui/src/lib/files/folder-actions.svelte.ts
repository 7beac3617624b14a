import { copyFile, moveFile, renameFile, restoreFile, trashFile } from '$lib/api/files';
import type { Entry } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { attempt } from '$lib/state/attempt';
import { toasts } from '$lib/state/toasts.svelte';
import { comparable, nameBeside } from '$lib/uploads/names';
import type { FileAction } from './actions';

/** What the list must do when one of its entries has changed. */
export interface FolderList {
	readonly entries: readonly Entry[];
	/** An entry is new or has changed. */
	put(entry: Entry): void;
	/** An entry is no longer here. */
	drop(id: string): void;
}

/** The dialogs of a folder and what follows from them; each change has its way back. */
export class FolderActions {
	/** The entry that a dialog is about. */
	entry = $state.raw<Entry | null>(null);
	dialog = $state<'rename' | 'move' | 'copy' | null>(null);

	constructor(
		private readonly list: FolderList,
		private readonly here: () => string | null,
	) {}

	act = (action: FileAction, entry: Entry): void => {
		if (action === 'trash') {
			void this.trash(entry);
			return;
		}
		this.entry = entry;
		this.dialog = action;
	};

	rename = async (name: string): Promise<void> => {
		const { entry } = this;
		if (!entry || name === entry.name) return;
		const renamed = await renameFile(entry, name);
		this.list.put(renamed);
		const undo = async (): Promise<void> => {
			this.list.put(await renameFile(renamed, entry.name));
		};
		toasts.say(m.renamed({ name }), undo, entry.id);
	};

	move = async (folder: string | null): Promise<void> => {
		const { entry } = this;
		if (!entry) return;
		const from = this.here();
		const moved = await moveFile(entry, folder);
		if (folder !== from) this.list.drop(entry.id);
		const undo = async (): Promise<void> => {
			const back = await moveFile(moved, from);
			if (this.here() === from) this.list.put(back);
		};
		toasts.say(m.moved({ name: entry.name }), undo, entry.id);
	};

	copy = async (folder: string | null): Promise<void> => {
		const { entry } = this;
		if (!entry) return;
		const beside = folder === this.here();
		const taken = new Set(this.list.entries.map((each) => comparable(each.name)));
		const name = beside ? nameBeside(entry.name, (each) => taken.has(comparable(each))) : entry.name;
		const copied = await copyFile(entry, folder, name);
		if (beside) this.list.put(copied);
		toasts.say(m.copied({ name }));
	};

	trash = async (entry: Entry): Promise<void> => {
		await attempt(async () => {
			await trashFile(entry);
			const from = this.here();
			this.list.drop(entry.id);
			const undo = async (): Promise<void> => {
				const back = await restoreFile(entry.id);
				if (this.here() === from) this.list.put(back);
			};
			toasts.say(m.in_the_trash({ name: entry.name }), undo, entry.id);
		});
	};
}
