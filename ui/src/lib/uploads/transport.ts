/**
 * Sends one file. A small one goes as a raw body, in one request; a large one so that it can be
 * resumed. XMLHttpRequest, because `fetch` tells nothing of how far a body has gone. The promise is
 * fulfilled only by the program's own word that the file is there.
 */
import { Problem, readProblem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import { TAB, TAB_HEADER } from '$lib/live/tab';
import { canResume } from './queue';
import { m } from '$lib/paraglide/messages';
import { getLocale } from '$lib/paraglide/runtime';
import { connection, isPassing } from '$lib/state/connection.svelte';
import { risk } from '$lib/state/risk.svelte';
import { Stall } from './stall';

export interface Sending {
	readonly project: string;
	readonly parent: string | null;
	readonly name: string;
	readonly onConflict: 'refuse' | 'version';
	/** The same key for the same bytes: a try whose answer was lost is not stored twice. */
	readonly onceKey: string;
	readonly body: Blob;
	readonly signal: AbortSignal;
	readonly onProgress: (sent: number) => void;
	/** The upload that an earlier try began, where it can be resumed. */
	readonly begun: string | null;
	/** Hears which upload can be resumed from now on; none where one is gone. */
	readonly onBegun: (id: string | null) => void;
}

export async function send(sending: Sending): Promise<Entry> {
	if (!canResume(sending.body)) return sendWhole(sending);
	// Few visits send a large file: the way to do it comes when it is needed.
	const { sendResumable } = await import('./resumable');
	return sendResumable(sending);
}

function sendWhole(sending: Sending): Promise<Entry> {
	return new Promise((fulfil, refuse) => {
		const request = new XMLHttpRequest();
		request.open('POST', address(sending));
		request.responseType = 'text';
		request.setRequestHeader('Content-Type', 'application/octet-stream');
		request.setRequestHeader('Accept-Language', getLocale());
		request.setRequestHeader(TAB_HEADER, TAB);
		request.setRequestHeader('Idempotency-Key', sending.onceKey);
		const lost = (): void => {
			connection.lose();
			refuse(new Problem(m.problem_offline(), 0, 'offline'));
		};
		const stall = new Stall(() => {
			// First: what is aborted counts as given up by its person.
			refuse(new Problem(m.problem_offline(), 0, 'offline'));
			request.abort();
			void connection.tryNow();
		}, connection);
		request.upload.onprogress = (event) => {
			stall.moved();
			sending.onProgress(event.loaded);
		};
		request.onloadend = () => {
			stall.over();
		};
		request.onload = () => {
			risk.hear(new Headers({ 'X-Durability': request.getResponseHeader('X-Durability') ?? '' }), true);
			const body = read(request);
			if (request.status !== 201 && request.status !== 200) refuse(problemOf(request, body));
			else if (body === undefined) lost();
			else fulfil(body as Entry);
		};
		request.onerror = lost;
		request.onabort = () => {
			refuse(new DOMException('cancelled', 'AbortError'));
		};
		sending.signal.addEventListener('abort', () => {
			request.abort();
		});
		request.send(sending.body);
	});
}

function address({ project, parent, name, onConflict }: Sending): string {
	const query = new URLSearchParams({ name, on_conflict: onConflict });
	if (parent !== null) query.set('parent', parent);
	return `/api/v1/projects/${encodeURIComponent(project)}/files?${query}`;
}

/** The body of an answer; one that is no JSON, or half of it, comes from something in between. */
function read(request: XMLHttpRequest): unknown {
	try {
		return JSON.parse(request.responseText);
	} catch {
		return undefined;
	}
}

function problemOf(request: XMLHttpRequest, body: unknown): Problem {
	return heard(
		readProblem(request.status, body, request.getResponseHeader('Retry-After'), m.problem_unknown()),
	);
}

/** Where the program has no database for a moment, the page says so, and the queue sends again. */
export function heard(problem: Problem): Problem {
	if (isPassing(problem.code)) connection.lose();
	return problem;
}
