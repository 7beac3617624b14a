/**
 * What is on its way into the account: the states of each upload and the ways between them. Pure: it
 * knows no network, no clock and no page.
 *
 *     waiting → sending → saved
 *                 │ ├──→ asking → waiting | skipped       the name is taken
 *                 │ ├──→ resting → waiting               the connection dropped; tried again by itself
 *                 │ ├──→ paused → waiting                 the person stopped it for a while
 *                 │ └──→ failed → waiting                 refused; tried again by hand
 *     any but saved → cancelled
 *
 * Invariants: at most `atOnce` uploads are sending; `saved` is reached only by the program's own
 * answer; an answer "for all" holds for the files that were added together.
 */
import type { Problem } from '$lib/api/problem';
import { nameBeside } from './names';
import { Pace } from './pace';

export type UploadState =
	'waiting' | 'sending' | 'asking' | 'resting' | 'paused' | 'failed' | 'saved' | 'skipped' | 'cancelled';

/** From here on a file is sent so that it can be resumed; a smaller one is sent again as soon. */
const RESUMED_FROM = 8 * 2 ** 20;

/** Whether a file is sent so that it can be resumed. */
export function canResume({ size }: { readonly size: number }): boolean {
	return size > RESUMED_FROM;
}

/** What to do with a file whose name is taken. */
export type Answer = 'version' | 'both' | 'skip';

/** Where files go: a project, and the folder into which they were put (null is the project's root). */
export interface Destination {
	readonly project: string;
	readonly folder: string | null;
}

/** A file as it was picked: its bytes, and the folders it lies in below the destination. */
export interface Picked<Source> {
	readonly source: Source;
	readonly name: string;
	readonly folders: readonly string[];
}

export interface Upload<Source> extends Picked<Source> {
	readonly id: number;
	readonly batch: number;
	readonly to: Destination;
	readonly size: number;
	/** The name under which it will stand; another than `name` once both are kept. */
	target: string;
	state: UploadState;
	/** Bytes handed to the network; what can be resumed keeps them while it rests. */
	sent: number;
	/** How often the connection dropped since the last byte went. */
	tries: number;
	/** The upload at the program that is resumed. */
	begun: string | null;
	onConflict: 'refuse' | 'version';
	problem: Problem | null;
	/** When a resting upload starts again, in milliseconds. */
	restsUntil: number | null;
	readonly pace: Pace;
	/** The version that it became. */
	version: number | null;
	/** The sites that hold it. */
	sites: readonly string[];
}

export interface Totals {
	count: number;
	/** Not yet at an end. */
	open: number;
	saved: number;
	failed: number;
	skipped: number;
	bytes: number;
	sent: number;
}

/** How long an upload rests after its first, second, … lost connection. */
const RESTS_MS = [2_000, 5_000, 15_000, 30_000];

export class UploadQueue<Source extends { readonly size: number }> {
	readonly uploads: Upload<Source>[] = [];
	readonly #standing = new Map<number, Answer>();
	/** Where the search for the next waiting upload starts: everything before it has left that state. */
	#from = 0;
	#nextId = 1;
	#nextBatch = 1;

	constructor(private readonly atOnce: number) {}

	/** Puts files at the end of the line. `onConflict` is `version` where the account always wants one. */
	add(to: Destination, picked: readonly Picked<Source>[], onConflict: 'refuse' | 'version' = 'refuse'): void {
		const batch = this.#nextBatch++;
		for (const { source, name, folders } of picked) {
			this.uploads.push({
				id: this.#nextId++,
				batch,
				to,
				source,
				name,
				folders,
				size: source.size,
				target: name,
				state: 'waiting',
				sent: 0,
				tries: 0,
				begun: null,
				onConflict,
				problem: null,
				restsUntil: null,
				pace: new Pace(),
				version: null,
				sites: [],
			});
		}
	}

	/** Takes as many waiting uploads as may be sent now, oldest first. */
	start(): Upload<Source>[] {
		let free = this.atOnce - this.#count('sending');
		const started: Upload<Source>[] = [];
		for (let i = this.#from; i < this.uploads.length && free > 0; i += 1) {
			const upload = this.uploads[i];
			if (upload?.state !== 'waiting') continue;
			upload.state = 'sending';
			upload.problem = null;
			started.push(upload);
			free -= 1;
			this.#from = i + 1;
		}
		return started;
	}

	progress(id: number, sent: number, now: number): void {
		const upload = this.#in(id, 'sending');
		if (!upload) return;
		if (sent > upload.sent) upload.tries = 0;
		upload.sent = sent;
		upload.pace.mark(sent, now);
	}

	saved(id: number, version: number | null, sites: readonly string[]): void {
		const upload = this.#in(id, 'sending');
		if (!upload) return;
		upload.state = 'saved';
		upload.sent = upload.size;
		upload.version = version;
		upload.sites = sites;
	}

	/** The name is taken: the standing answer holds, or the person is asked. */
	clashed(id: number, taken: (name: string) => boolean): void {
		const upload = this.#in(id, 'sending');
		if (!upload) return;
		upload.state = 'asking';
		const standing = this.#standing.get(upload.batch);
		if (standing) this.#settle(upload, standing, taken);
	}

	/**
	 * The upload about which the person is asked now, how many more wait for the same answer, and how many
	 * were added with it.
	 */
	get question(): { upload: Upload<Source>; more: number; together: number } | null {
		const upload = this.uploads.find((each) => each.state === 'asking');
		if (!upload) return null;
		const together = this.uploads.filter((each) => each.batch === upload.batch);
		const asking = together.filter((each) => each.state === 'asking');
		return { upload, more: asking.length - 1, together: together.length };
	}

	/** The person's answer for one upload, or for all that were added with it. */
	answer(
		id: number,
		answer: Answer,
		forAll: boolean,
		taken: (upload: Upload<Source>, name: string) => boolean,
	): void {
		const upload = this.#in(id, 'asking');
		if (!upload) return;
		this.#settle(upload, answer, (name) => taken(upload, name));
		if (!forAll) return;
		this.#standing.set(upload.batch, answer);
		for (const each of this.uploads) {
			if (each.state === 'asking' && each.batch === upload.batch) {
				this.#settle(each, answer, (name) => taken(each, name));
			}
		}
	}

	/** The connection dropped: it rests and is tried again, a few times by itself. */
	dropped(id: number, problem: Problem, now: number): void {
		const upload = this.#in(id, 'sending');
		if (!upload) return;
		const rest = RESTS_MS[upload.tries];
		if (rest === undefined) {
			upload.state = 'failed';
			upload.problem = problem;
			return;
		}
		upload.state = 'resting';
		upload.problem = problem;
		upload.restsUntil = now + Math.max(rest, (problem.retryAfter ?? 0) * 1000);
		upload.tries += 1;
	}

	/** Which upload at the program this one has begun; none where that is gone. */
	begun(id: number, begun: string | null): void {
		const upload = this.#find(id);
		if (upload) upload.begun = begun;
	}

	/** The person stops it for a while. */
	pause(id: number): void {
		const upload = this.#in(id, 'sending', 'waiting', 'resting');
		if (!upload) return;
		upload.state = 'paused';
		upload.restsUntil = null;
		upload.problem = null;
	}

	/** Sends rested uploads back into the line; answers when the next one is due. */
	wake(now: number): number | null {
		let next: number | null = null;
		for (const upload of this.uploads) {
			if (upload.state !== 'resting' || upload.restsUntil === null) continue;
			if (upload.restsUntil <= now) this.#wait(upload);
			else next = Math.min(next ?? Infinity, upload.restsUntil);
		}
		return next;
	}

	failed(id: number, problem: Problem): void {
		const upload = this.#in(id, 'sending');
		if (!upload) return;
		upload.state = 'failed';
		upload.problem = problem;
	}

	retry(id: number): void {
		const upload = this.#in(id, 'failed', 'resting', 'paused');
		if (!upload) return;
		upload.tries = 0;
		this.#wait(upload);
	}

	/** Gives it up; answers the upload at the program that is not wanted any more. */
	cancel(id: number): string | null {
		const upload = this.#find(id);
		if (!upload || upload.state === 'saved' || upload.state === 'cancelled') return null;
		upload.state = 'cancelled';
		return upload.begun;
	}

	/** Forgets what has come to an end; what failed stays until it is retried or cancelled. */
	clear(): void {
		const kept = this.uploads.filter((upload) => isOpen(upload) || upload.state === 'failed');
		this.uploads.splice(0, this.uploads.length, ...kept);
		this.#from = 0;
	}

	get totals(): Totals {
		const totals: Totals = { count: 0, open: 0, saved: 0, failed: 0, skipped: 0, bytes: 0, sent: 0 };
		for (const upload of this.uploads) {
			if (upload.state === 'cancelled') continue;
			totals.count += 1;
			if (upload.state === 'skipped') {
				totals.skipped += 1;
				continue;
			}
			totals.bytes += upload.size;
			totals.sent += upload.sent;
			if (upload.state === 'saved') totals.saved += 1;
			else if (upload.state === 'failed') totals.failed += 1;
			else totals.open += 1;
		}
		return totals;
	}

	#settle(upload: Upload<Source>, answer: Answer, taken: (name: string) => boolean): void {
		if (answer === 'skip') {
			upload.state = 'skipped';
			return;
		}
		if (answer === 'version') upload.onConflict = 'version';
		else upload.target = nameBeside(upload.target, taken);
		upload.begun = null;
		this.#wait(upload);
	}

	#wait(upload: Upload<Source>): void {
		upload.state = 'waiting';
		if (!canResume(upload)) upload.sent = 0;
		upload.problem = null;
		upload.restsUntil = null;
		this.#from = Math.min(this.#from, this.uploads.indexOf(upload));
	}

	#in(id: number, ...states: UploadState[]): Upload<Source> | undefined {
		const upload = this.#find(id);
		return upload && states.includes(upload.state) ? upload : undefined;
	}

	/** Ids grow along the line, so a binary search finds one among ten thousand. */
	#find(id: number): Upload<Source> | undefined {
		let low = 0;
		let high = this.uploads.length - 1;
		while (low <= high) {
			const middle = (low + high) >> 1;
			const upload = this.uploads[middle];
			if (upload === undefined || upload.id === id) return upload;
			if (upload.id < id) low = middle + 1;
			else high = middle - 1;
		}
		return undefined;
	}

	#count(state: UploadState): number {
		return this.uploads.reduce((count, upload) => count + (upload.state === state ? 1 : 0), 0);
	}
}

/** Whether an upload still has a way to go. */
export function isOpen(upload: { state: UploadState }): boolean {
	return (
		upload.state === 'waiting' ||
		upload.state === 'sending' ||
		upload.state === 'asking' ||
		upload.state === 'resting' ||
		upload.state === 'paused'
	);
}
