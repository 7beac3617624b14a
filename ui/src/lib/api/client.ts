/**
 * The way to the API: one typed client, one way of asking that either answers or throws a `Problem`.
 * The cookie goes along by itself; the browser adds `Origin` and `Sec-Fetch-Site`, which the program
 * checks.
 */
import createClient from 'openapi-fetch';
import { TAB, TAB_HEADER } from '$lib/live/tab';
import { m } from '$lib/paraglide/messages';
import { getLocale } from '$lib/paraglide/runtime';
import { connection, isNoAnswer } from '$lib/state/connection.svelte';
import { risk } from '$lib/state/risk.svelte';
import { Problem, readProblem } from './problem';
import type { paths } from './schema';
import type { Page } from './types';

export const api = createClient<paths>({ baseUrl: '', fetch: patiently });

const ONCE = 'Idempotency-Key';
/** Signing out is meant now or not at all. */
const IMPATIENT = /^\/api\/v1\/session$/;

/** So long an answer may take: longer than the program itself looks for what became of a change. */
const LONGEST_MS = 60_000;
/** After so long it is asked whether the program answers at all: a connection may be dead without a word. */
const DOUBT_MS = 5_000;

/**
 * Asks until there is an answer, where a page can wait for it. What is sent again is the same request
 * with the same `Idempotency-Key`, so that it happens once.
 */
async function patiently(request: Request): Promise<Response> {
	const reads = request.method === 'GET';
	for (let again = false; ; again = true) {
		try {
			const answer = await once(request);
			if (await isNoAnswer(answer)) throw new TypeError('nobody has answered who could');
			risk.hear(answer.headers, !reads);
			// What was deleted by a try whose answer was lost is not there any more.
			if (again && request.method === 'DELETE' && answer.status === 404) {
				return new Response(null, { status: 204 });
			}
			return answer;
		} catch (cause) {
			if (request.signal.aborted) throw cause;
			connection.lose();
			if (!connection.patient || IMPATIENT.test(new URL(request.url).pathname)) throw cause;
			await connection.back(request.signal, !reads);
		}
	}
}

/** Asks once. Where the connection is lost meanwhile, it is given up: its own is dead too, or it is asked again. */
async function once(request: Request): Promise<Response> {
	const cut = new AbortController();
	const forget = connection.onLost(() => {
		if (connection.patient) cut.abort();
	});
	const doubt = setTimeout(() => void connection.tryNow(), DOUBT_MS);
	try {
		const signal = AbortSignal.any([request.signal, cut.signal, AbortSignal.timeout(LONGEST_MS)]);
		// Looked up at each call, so that a test can stand in for the network.
		return await whole(await globalThis.fetch(request.clone(), { signal }));
	} finally {
		clearTimeout(doubt);
		forget();
	}
}

/** The answer with all of its body: half an answer is none. */
async function whole(answer: Response): Promise<Response> {
	const { status, headers } = answer;
	const body = await answer.arrayBuffer();
	return new Response(body.byteLength === 0 ? null : body, { status, headers });
}

api.use({
	onRequest({ request }) {
		request.headers.set('Accept-Language', getLocale());
		request.headers.set(TAB_HEADER, TAB);
		// Whatever changes something may have to be sent again.
		if (request.method !== 'GET' && !request.headers.has(ONCE)) request.headers.set(ONCE, onceKey());
		return request;
	},
});

let signedOut: () => void = () => undefined;

/** Names what happens when the program says that nobody is signed in any more. */
export function onSignedOut(happens: () => void): void {
	signedOut = happens;
}

type Answer<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

/** Waits for an answer of the API: its body, or a `Problem` thrown. */
export async function ask<T>(call: Answer<T>): Promise<T> {
	let answer: Awaited<Answer<T>>;
	try {
		answer = await call;
	} catch (cause) {
		if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
		throw new Problem(m.problem_offline(), 0, 'offline');
	}
	const { data, error, response } = answer;
	if (response.ok) return data as T;
	const problem = readProblem(
		response.status,
		error,
		response.headers.get('Retry-After'),
		m.problem_unknown(),
	);
	if (problem.status === 401 && problem.code !== 'wrong-credentials') signedOut();
	throw problem;
}

/** All items of a list, however many pages it has. */
export async function all<T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> {
	const items: T[] = [];
	let cursor: string | undefined;
	do {
		const page = await read(cursor);
		items.push(...page.items);
		cursor = page.next ?? undefined;
	} while (cursor !== undefined);
	return items;
}

/** All items of a list that comes on one page. */
export async function items<T>(call: Answer<Page<T>>): Promise<T[]> {
	return (await ask(call)).items;
}

/** The header that lets a change through only if nobody changed the thing meanwhile. */
export function ifMatch(thing: { revision: number }): { 'If-Match': string } {
	return { 'If-Match': `"${thing.revision}"` };
}

/** A key under which a create happens once, also when it is sent twice. */
export function onceKey(): string {
	const bytes = crypto.getRandomValues(new Uint8Array(16));
	return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
