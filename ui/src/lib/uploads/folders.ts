/**
 * Folders on the way: makes each folder of a dropped tree once, takes what is there already, and knows
 * which names a folder holds, so that a clash is seen before gigabytes are sent.
 */
import { Problem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import { comparable } from './names';

export interface FolderSource {
	list(project: string, folder: string | null): Promise<Pick<Entry, 'id' | 'name' | 'kind'>[]>;
	create(project: string, parent: string | null, name: string): Promise<Pick<Entry, 'id'>>;
}

interface Held {
	readonly id: string;
	readonly kind: Entry['kind'];
}

interface Folder {
	readonly id: string | null;
	/** What stands in it, by comparable name. */
	readonly held: Map<string, Held>;
}

export class Folders {
	readonly #known = new Map<string, Promise<Folder>>();

	constructor(
		private readonly source: FolderSource,
		/** The sentence for a folder whose name a file has taken. */
		private readonly fileInTheWay: (name: string) => string,
	) {}

	/** The folder at a path below a root, made where it is missing. */
	async reach(project: string, root: string | null, path: readonly string[]): Promise<Folder> {
		const key = JSON.stringify([project, root, ...path.map(comparable)]);
		let folder = this.#known.get(key);
		if (!folder) {
			folder = this.#make(project, root, path);
			this.#known.set(key, folder);
			// A try that failed must not answer for the next one.
			folder.catch(() => this.#known.delete(key));
		}
		return folder;
	}

	/** Notes a file that now stands in a folder. */
	keep(folder: Folder, entry: Pick<Entry, 'id' | 'name' | 'kind'>): void {
		folder.held.set(comparable(entry.name), { id: entry.id, kind: entry.kind });
	}

	/** Others work in the same folders: what is known is good for one batch of uploads. */
	forget(): void {
		this.#known.clear();
	}

	async #make(project: string, root: string | null, path: readonly string[]): Promise<Folder> {
		const name = path.at(-1);
		if (name === undefined) return { id: root, held: await this.#held(project, root) };
		const parent = await this.reach(project, root, path.slice(0, -1));
		const there = parent.held.get(comparable(name));
		if (there) return this.#take(project, there, name);
		try {
			const made = await this.source.create(project, parent.id, name);
			parent.held.set(comparable(name), { id: made.id, kind: 'folder' });
			return { id: made.id, held: new Map() };
		} catch (thrown) {
			// Someone made it in the same moment: it is taken from a fresh list.
			if (!Problem.is(thrown, 'name-taken')) throw thrown;
			const fresh = (await this.#held(project, parent.id)).get(comparable(name));
			if (!fresh) throw thrown;
			return this.#take(project, fresh, name);
		}
	}

	async #take(project: string, there: Held, name: string): Promise<Folder> {
		if (there.kind !== 'folder') throw new Problem(this.fileInTheWay(name), 409, 'file-in-the-way');
		return { id: there.id, held: await this.#held(project, there.id) };
	}

	async #held(project: string, folder: string | null): Promise<Map<string, Held>> {
		const entries = await this.source.list(project, folder);
		return new Map(entries.map(({ id, name, kind }) => [comparable(name), { id, kind }]));
	}
}

export type { Folder };
