/**
 * What a person dropped or chose, as a flat list of files with the folders they lie in. Empty folders
 * come along: they are part of what was dropped.
 */
import type { Picked } from './queue';

export interface Harvest {
	readonly files: Picked<File>[];
	/** Paths of folders that hold nothing. */
	readonly emptyFolders: string[][];
	/** Names of what the browser could not read. */
	readonly unreadable?: string[];
}

/** From a file chooser, with or without `webkitdirectory`. */
export function fromChooser(list: FileList): Harvest {
	const files = Array.from(list, (source) => ({
		source,
		name: source.name,
		folders: source.webkitRelativePath.split('/').slice(0, -1),
	}));
	return { files, emptyFolders: [] };
}

/** From a drop. The browser forgets the items when the event is over, so they are taken at once. */
export function fromDrop(transfer: DataTransfer): Promise<Harvest> {
	const harvest: Required<Harvest> = { files: [], emptyFolders: [], unreadable: [] };
	const walks = Array.from(transfer.items)
		.filter((item) => item.kind === 'file')
		.map((item) => {
			const entry = item.webkitGetAsEntry();
			if (entry) return walk(entry, [], harvest);
			const file = item.getAsFile();
			if (file) harvest.files.push({ source: file, name: file.name, folders: [] });
			return Promise.resolve();
		});
	return Promise.all(walks).then(() => harvest);
}

/** What cannot be read is named, and the others come. */
async function walk(entry: FileSystemEntry, folders: string[], harvest: Required<Harvest>): Promise<void> {
	try {
		await take(entry, folders, harvest);
	} catch {
		harvest.unreadable.push(entry.name);
	}
}

async function take(entry: FileSystemEntry, folders: string[], harvest: Required<Harvest>): Promise<void> {
	if (isFile(entry)) {
		const source = await new Promise<File>((fulfil, refuse) => {
			entry.file(fulfil, refuse);
		});
		harvest.files.push({ source, name: source.name, folders });
		return;
	}
	if (!isFolder(entry)) return;
	const inside = [...folders, entry.name];
	const entries = await readAll(entry.createReader());
	if (entries.length === 0) harvest.emptyFolders.push(inside);
	for (const child of entries) await walk(child, inside, harvest);
}

/** A reader hands out a part at a time; an empty part is the end. */
async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
	const entries: FileSystemEntry[] = [];
	for (;;) {
		const part = await new Promise<FileSystemEntry[]>((fulfil, refuse) => {
			reader.readEntries(fulfil, refuse);
		});
		if (part.length === 0) return entries;
		entries.push(...part);
	}
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
