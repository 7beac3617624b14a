/**
 * The uploads of this page, as the components see them. They live outside the routes, so that one may
 * walk through the account while files arrive.
 */
import { createFolder, readFolder } from '$lib/api/files';
import { discardUpload, unfinishedUploads } from '$lib/api/uploads';
import { onceKey } from '$lib/api/client';
import type { Problem } from '$lib/api/problem';
import type { Entry, UnfinishedUpload } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { language } from '$lib/language/language.svelte';
import { attempt } from '$lib/state/attempt';
import { connection } from '$lib/state/connection.svelte';
import { toasts } from '$lib/state/toasts.svelte';
import { Folders } from './folders';
import { Pace } from './pace';
import type { Harvest } from './picked';
import {
	UploadQueue,
	canResume,
	type Answer,
	type Destination,
	type Totals,
	type Upload,
	type UploadState,
} from './queue';
import { UploadRunner } from './runner';
import { send } from './transport';

const AT_ONCE = 3;
/** The page is told of progress a few times a second, not for each packet. */
const TOLD_EVERY_MS = 120;

type Arrival = (entry: Entry) => void;

const queue = new UploadQueue<Blob>(AT_ONCE);
const pace = new Pace();
const folders = new Folders({ list: readFolder, create: createFolder }, (name) =>
	m.upload_file_in_the_way({ name }),
);
const arrivals = new Set<Arrival>();
const settlings = new Set<() => void>();

let seen = $state(0);
let telling: ReturnType<typeof setTimeout> | null = null;
let busy = false;

const runner = new UploadRunner(queue, folders, {
	send,
	discard: (upload) => {
		// It expires by itself where this is not heard.
		void discardUpload(upload).catch(() => undefined);
	},
	onceKey,
	now: () => performance.now(),
	later: (act, milliseconds) => {
		const timer = setTimeout(act, milliseconds);
		return () => {
			clearTimeout(timer);
		};
	},
	changed: tell,
	arrived: (entry) => {
		for (const hear of arrivals) hear(entry);
	},
	settled: () => {
		if (!busy) return;
		busy = false;
		for (const hear of settlings) hear();
	},
	unreadable: (name) => m.upload_unreadable({ name }),
});

function tell(): void {
	telling ??= setTimeout(() => {
		telling = null;
		pace.mark(queue.totals.sent, performance.now());
		seen += 1;
	}, TOLD_EVERY_MS);
}

/** How many of what could not be read are named. */
const NAMED = 3;
/** How many uploads are shown one by one; the rest are counted. */
const SHOWN = 6;
const ORDER: Partial<Record<UploadState, number>> = {
	sending: 0,
	resting: 1,
	paused: 1,
	failed: 1,
	asking: 2,
	waiting: 3,
	saved: 4,
};

/** One upload as a row shows it, at one moment. */
export interface UploadView {
	readonly id: number;
	readonly name: string;
	readonly folders: readonly string[];
	readonly state: UploadState;
	readonly size: number;
	readonly sent: number;
	readonly speed: number | null;
	readonly remaining: number | null;
	/** Whether it can be paused, and goes on where it was. */
	readonly resumable: boolean;
	/** Seconds until it is tried again. */
	readonly rest: number;
	readonly problem: Problem | null;
	readonly version: number | null;
	readonly sites: readonly string[];
}

function look(upload: Upload<Blob>, now: number): UploadView {
	const { id, target, folders, state, size, sent, problem, version, sites } = upload;
	return {
		id,
		name: target,
		folders,
		state,
		size,
		sent,
		speed: upload.pace.speed(now),
		remaining: upload.pace.remaining(size, now),
		resumable: canResume(upload),
		rest: Math.max(0, ((upload.restsUntil ?? now) - now) / 1000),
		problem,
		version,
		sites,
	};
}

interface View {
	readonly totals: Totals;
	readonly rows: UploadView[];
	/** How many more wait than are shown. */
	readonly more: number;
	readonly question: { id: number; name: string; more: number; together: number } | null;
	readonly remaining: number | null;
}

const view: View = $derived.by(() => {
	// The queue is plain data: this number says when to look again.
	void seen;
	const now = performance.now();
	const totals = queue.totals;
	const ranked = queue.uploads
		.filter(
			(upload) =>
				ORDER[upload.state] !== undefined && (totals.open + totals.failed === 0 || upload.state !== 'saved'),
		)
		.sort((a, b) => (ORDER[a.state] ?? 9) - (ORDER[b.state] ?? 9) || a.id - b.id);
	const asked = queue.question;
	return {
		totals,
		rows: ranked.slice(0, SHOWN).map((upload) => look(upload, now)),
		more: Math.max(0, ranked.length - SHOWN),
		question: asked && {
			id: asked.upload.id,
			name: asked.upload.target,
			more: asked.more,
			together: asked.together,
		},
		remaining: ranked.some(({ state }) => state === 'sending') ? pace.remaining(totals.bytes, now) : null,
	};
});

connection.onBack(() => {
	runner.wakeAll();
});
window.addEventListener('beforeunload', (event) => {
	if (queue.totals.open > 0) event.preventDefault();
});

export const uploads = {
	get view(): View {
		return view;
	},
	/** Lets the page count down while something rests. */
	tick: tell,
	async add(to: Destination, harvest: Harvest, onConflict: 'refuse' | 'version'): Promise<void> {
		if (queue.totals.open === 0) queue.clear();
		busy = true;
		const { unreadable = [] } = harvest;
		if (unreadable.length > 0) {
			const names = language.formats.list(unreadable.slice(0, NAMED));
			toasts.refuse(m.left_out({ count: unreadable.length, names }));
		}
		runner.add(to, harvest.files, onConflict);
		for (const path of harvest.emptyFolders) {
			await attempt(() => folders.reach(to.project, to.folder, path));
		}
		if (harvest.files.length === 0) for (const hear of settlings) hear();
	},
	answer: (id: number, answer: Answer, forAll: boolean): void => {
		runner.answer(id, answer, forAll);
	},
	cancel: (id: number): void => {
		runner.cancel(id);
	},
	cancelAll: (): void => {
		runner.cancelAll();
	},
	/** Stops an upload that can be resumed; `retry` goes on with it. */
	pause: (id: number): void => {
		runner.pause(id);
	},
	/** Stops everything where it is; what can be resumed waits for its person. */
	stopAll: (): void => {
		runner.stopAll();
	},
	/** What waits at the program for its file to be chosen again: begun in another visit, or another browser. */
	async waiting(project: string): Promise<UnfinishedUpload[]> {
		const waiting = await unfinishedUploads(project);
		const here = new Set(queue.uploads.map((upload) => upload.begun));
		return waiting.filter((upload) => !here.has(upload.id));
	},
	retry: (id: number): void => {
		runner.retry(id);
	},
	retryAll: (): void => {
		runner.retryAll();
	},
	clear: (): void => {
		runner.clear();
	},
	/** Hears of each file that has arrived; answers how to stop. */
	onArrival(hear: Arrival): () => void {
		arrivals.add(hear);
		return () => arrivals.delete(hear);
	},
	/** Hears when nothing is on its way any more. */
	onSettled(hear: () => void): () => void {
		settlings.add(hear);
		return () => settlings.delete(hear);
	},
};
