/**
 * Sends one file as a raw body. XMLHttpRequest, because `fetch` tells nothing of how far a body has
 * gone. The promise is fulfilled only by the program's own 201 (or 200 for a new version).
 */
import { Problem, readProblem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import { TAB, TAB_HEADER } from '$lib/live/tab';
import { m } from '$lib/paraglide/messages';
import { getLocale } from '$lib/paraglide/runtime';
import { connection } from '$lib/state/connection.svelte';

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
}

export function send(sending: Sending): Promise<Entry> {
	return new Promise((fulfil, refuse) => {
		const request = new XMLHttpRequest();
		request.open('POST', address(sending));
		request.responseType = 'text';
		request.setRequestHeader('Content-Type', 'application/octet-stream');
		request.setRequestHeader('Accept-Language', getLocale());
		request.setRequestHeader(TAB_HEADER, TAB);
		request.setRequestHeader('Idempotency-Key', sending.onceKey);
		request.upload.onprogress = (event) => {
			sending.onProgress(event.loaded);
		};
		request.onload = () => {
			if (request.status === 201 || request.status === 200) fulfil(JSON.parse(request.responseText) as Entry);
			else refuse(problemOf(request));
		};
		request.onerror = () => {
			connection.lose();
			refuse(new Problem(m.problem_offline(), 0, 'offline'));
		};
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

function problemOf(request: XMLHttpRequest): Problem {
	let body: unknown = null;
	try {
		body = JSON.parse(request.responseText);
	} catch {
		// An answer that is no JSON comes from something in between; the status says enough.
	}
	return readProblem(request.status, body, request.getResponseHeader('Retry-After'), m.problem_unknown());
}
