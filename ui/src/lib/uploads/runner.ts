/**
 * Moves the queue: finds the folder, looks at the names, sends, and tells the queue what came of it.
 * Everything that reaches outside is handed in.
 */
import { Problem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import type { Folder, Folders } from './folders';
import { comparable } from './names';
import type { Answer, Destination, Picked, Upload, UploadQueue } from './queue';
import type { Sending } from './transport';

export interface Outside {
	readonly send: (sending: Sending) => Promise<Entry>;
	/** Gives up an upload that could have been resumed. */
	readonly discard: (upload: string) => void;
	readonly onceKey: () => string;
	readonly now: () => number;
	/** Runs something later; answers how to call it off. */
	readonly later: (act: () => void, milliseconds: number) => () => void;
	/** The queue has changed. */
	readonly changed: () => void;
	/** A file stands in its folder now. */
	readonly arrived: (entry: Entry) => void;
	/** Nothing is on its way any more. */
	readonly settled: () => void;
	/** A sentence for what was thrown and is no `Problem`. */
	readonly unreadable: (name: string) => string;
}

/** Answers after which the same request may well succeed a little later. */
const PASSING = new Set([0, 408, 425, 429, 502, 503, 504]);

export class UploadRunner {
	readonly #running = new Map<number, AbortController>();
	readonly #places = new Map<number, Folder>();
	readonly #keys = new Map<number, { name: string; key: string }>();
	#callOff: (() => void) | null = null;

	constructor(
		private readonly queue: UploadQueue<Blob>,
		private readonly folders: Folders,
		private readonly outside: Outside,
	) {}

	add(to: Destination, picked: readonly Picked<Blob>[], onConflict: 'refuse' | 'version'): void {
		this.queue.add(to, picked, onConflict);
		this.#move();
	}

	answer(id: number, answer: Answer, forAll: boolean): void {
		this.queue.answer(id, answer, forAll, (upload, name) => this.#taken(upload, name));
		this.#move();
	}

	cancel(id: number): void {
		this.#cancel(id);
		this.#move();
	}

	cancelAll(): void {
		for (const { id } of this.queue.uploads) this.#cancel(id);
		this.#move();
	}

	/** Stops what can be resumed, for a while. */
	pause(id: number): void {
		this.queue.pause(id);
		this.#running.get(id)?.abort();
		this.#move();
	}

	/** Stops everything where it is, as when the person signs out; what can be resumed waits at the program. */
	stopAll(): void {
		for (const { id } of this.queue.uploads) this.queue.cancel(id);
		for (const controller of this.#running.values()) controller.abort();
		this.#move();
	}

	retry(id: number): void {
		this.queue.retry(id);
		this.#move();
	}

	retryAll(): void {
		for (const upload of this.queue.uploads) this.queue.retry(upload.id);
		this.#move();
	}

	clear(): void {
		this.queue.clear();
		this.outside.changed();
	}

	/** The connection is back: nothing needs to rest any longer, and what it made fail is tried again. */
	wakeAll(): void {
		for (const { id, state, problem } of this.queue.uploads)
			if (state === 'failed' && problem?.code === 'offline') this.queue.retry(id);
		this.queue.wake(Infinity);
		this.#move();
	}

	#cancel(id: number): void {
		const begun = this.queue.cancel(id);
		this.#running.get(id)?.abort();
		if (begun !== null) this.outside.discard(begun);
	}

	#move(): void {
		const due = this.queue.wake(this.outside.now());
		this.#callOff?.();
		this.#callOff =
			due === null
				? null
				: this.outside.later(() => {
						this.#move();
					}, due - this.outside.now());
		for (const upload of this.queue.start()) void this.#run(upload);
		this.outside.changed();
		if (this.#running.size === 0 && this.queue.totals.open === 0) {
			this.folders.forget();
			this.#places.clear();
			this.#keys.clear();
			this.outside.settled();
		}
	}

	async #run(upload: Upload<Blob>): Promise<void> {
		const controller = new AbortController();
		this.#running.set(upload.id, controller);
		try {
			await this.#bring(upload, controller.signal);
		} catch (thrown) {
			this.#refused(upload, thrown);
		}
		this.#running.delete(upload.id);
		this.#move();
	}

	async #bring(upload: Upload<Blob>, signal: AbortSignal): Promise<void> {
		const folder = await this.folders.reach(upload.to.project, upload.to.folder, upload.folders);
		this.#places.set(upload.id, folder);
		if (signal.aborted) return;
		if (upload.onConflict === 'refuse' && folder.held.has(comparable(upload.target))) {
			this.#clash(upload);
			return;
		}
		const entry = await this.outside.send({
			project: upload.to.project,
			parent: folder.id,
			name: upload.target,
			onConflict: upload.onConflict,
			onceKey: this.#onceKey(upload),
			body: upload.source,
			signal,
			begun: upload.begun,
			onBegun: (begun) => {
				this.queue.begun(upload.id, begun);
			},
			onProgress: (sent) => {
				this.queue.progress(upload.id, sent, this.outside.now());
				this.outside.changed();
			},
		});
		this.folders.keep(folder, entry);
		this.queue.saved(upload.id, entry.version ?? null, entry.sites);
		this.outside.arrived(entry);
	}

	#refused(upload: Upload<Blob>, thrown: unknown): void {
		if (thrown instanceof DOMException && thrown.name === 'AbortError') return;
		if (!Problem.is(thrown)) {
			// The browser could not read the file: moved or changed since it was picked.
			this.queue.failed(upload.id, new Problem(this.outside.unreadable(upload.name), 0, 'unreadable'));
		} else if (thrown.code === 'name-taken') {
			const place = this.#places.get(upload.id);
			place?.held.set(comparable(upload.target), { id: thrown.args.id ?? '', kind: 'file' });
			this.#clash(upload);
		} else if (PASSING.has(thrown.status)) {
			this.queue.dropped(upload.id, thrown, this.outside.now());
		} else {
			this.queue.failed(upload.id, thrown);
		}
	}

	#clash(upload: Upload<Blob>): void {
		this.queue.clashed(upload.id, (name) => this.#taken(upload, name));
	}

	#taken(upload: Upload<Blob>, name: string): boolean {
		return this.#places.get(upload.id)?.held.has(comparable(name)) ?? false;
	}

	/** One key for one name: a new name or a new decision is a new request. */
	#onceKey(upload: Upload<Blob>): string {
		const name = `${upload.onConflict} ${upload.target}`;
		const known = this.#keys.get(upload.id);
		if (known?.name === name) return known.key;
		const key = this.outside.onceKey();
		this.#keys.set(upload.id, { name, key });
		return key;
	}
}
