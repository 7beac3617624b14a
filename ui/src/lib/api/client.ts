/**
 * The way to the API: one typed client, one way of asking that either answers or throws a `Problem`.
 * The cookie goes along by itself; the browser adds `Origin` and `Sec-Fetch-Site`, which the program
 * checks.
 */
import createClient from 'openapi-fetch';
import { m } from '$lib/paraglide/messages';
import { getLocale } from '$lib/paraglide/runtime';
import { Problem, readProblem } from './problem';
import type { paths } from './schema';
import type { Page } from './types';

export const api = createClient<paths>({
	baseUrl: '',
	// Looked up at each call, so that a test can stand in for the network.
	fetch: (request: Request) => globalThis.fetch(request),
});

api.use({
	onRequest({ request }) {
		request.headers.set('Accept-Language', getLocale());
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
export async function whole<T>(call: Answer<Page<T>>): Promise<T[]> {
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
