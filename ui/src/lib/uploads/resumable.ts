/**
 * Sends a large file so that it can be resumed: tus 1.0. What a lost connection, a reload or a closed lid
 * interrupted goes on at the byte that the program has. The program remembers what waits, so nothing of
 * it is kept in this browser.
 */
import { DetailedError, Upload, type HttpResponse } from 'tus-js-client';
import { readFile } from '$lib/api/files';
import { Problem, readProblem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import { unfinishedUploads } from '$lib/api/uploads';
import { TAB, TAB_HEADER } from '$lib/live/tab';
import { m } from '$lib/paraglide/messages';
import { getLocale } from '$lib/paraglide/runtime';
import { connection } from '$lib/state/connection.svelte';
import { Stall } from './stall';
import { heard, type Sending } from './transport';
import { isOf, modified } from './waiting';

const UPLOADS = '/api/v1/uploads/';

export async function sendResumable(sending: Sending): Promise<Entry> {
	return readFile(await goOn(sending, sending.begun ?? (await find(sending))));
}

/** Goes on with the upload that waits, or with a new one where none does. */
async function goOn(sending: Sending, waiting: string | null): Promise<string> {
	if (waiting === null) return bring(sending, null);
	sending.onBegun(waiting);
	try {
		return await bring(sending, waiting);
	} catch (problem) {
		// It waited for too long, or was discarded elsewhere: the bytes come again.
		if (!Problem.is(problem) || problem.status !== 404) throw problem;
		sending.onBegun(null);
		return bring(sending, null);
	}
}

/** The upload that an earlier try, or an earlier visit, left for the same file. */
async function find({ project, parent, name, onConflict, body }: Sending): Promise<string | null> {
	const found = (await unfinishedUploads(project)).find(
		(upload) =>
			upload.parent === parent &&
			upload.as_version === (onConflict === 'version') &&
			isOf(upload, name, body),
	);
	return found?.id ?? null;
}

/** Brings the bytes over; answers the file that they have become. */
function bring(sending: Sending, waiting: string | null): Promise<string> {
	const { project, parent, name, onConflict, body, signal } = sending;
	const query = new URLSearchParams({ name, on_conflict: onConflict });
	if (parent !== null) query.set('parent', parent);
	const changed = modified(body);
	return new Promise((fulfil, refuse) => {
		const upload = new Upload(body, {
			// Not both: what the program could not tell for a moment would be begun anew.
			...(waiting === null
				? { endpoint: `/api/v1/projects/${encodeURIComponent(project)}/uploads?${query}` }
				: { uploadUrl: `${UPLOADS}${waiting}` }),
			metadata: changed === null ? {} : { modified: String(changed) },
			headers: { 'Accept-Language': getLocale(), [TAB_HEADER]: TAB },
			// The queue says when to try again, and the program what waits.
			retryDelays: null,
			storeFingerprintForResuming: false,
			onUploadUrlAvailable: () => {
				const id = upload.url?.split(UPLOADS).at(-1);
				if (id !== undefined) sending.onBegun(id);
			},
			onProgress: (sent) => {
				stall.moved();
				sending.onProgress(sent);
			},
			onSuccess: ({ lastResponse }) => {
				stall.over();
				const entry = lastResponse.getHeader('Content-Location')?.split('/').at(-1);
				if (entry === undefined)
					refuse(new Problem(m.problem_unknown(), lastResponse.getStatus(), 'unknown'));
				else fulfil(entry);
			},
			onError: (error) => {
				stall.over();
				refuse(problemOf(error));
			},
		});
		const stall = new Stall(() => {
			void upload.abort();
			void connection.tryNow();
			refuse(new Problem(m.problem_offline(), 0, 'offline'));
		}, connection);
		signal.addEventListener('abort', () => {
			stall.over();
			void upload.abort();
			refuse(new DOMException('cancelled', 'AbortError'));
		});
		if (!signal.aborted) upload.start();
	});
}

function problemOf(error: Error | DetailedError): unknown {
	if (!(error instanceof DetailedError)) return error;
	const answer: HttpResponse | null = error.originalResponse;
	if (answer === null || answer.getStatus() === 0) {
		connection.lose();
		return new Problem(m.problem_offline(), 0, 'offline');
	}
	let body: unknown = null;
	try {
		body = JSON.parse(answer.getBody());
	} catch {
		// An answer that is no JSON comes from something in between; the status says enough.
	}
	return heard(
		readProblem(answer.getStatus(), body, answer.getHeader('Retry-After') ?? null, m.problem_unknown()),
	);
}
