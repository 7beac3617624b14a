import { error } from '@sveltejs/kit';
import { readDoor } from '$lib/api/account';
import { Problem } from '$lib/api/problem';
import type { Door, Session } from '$lib/api/types';
import { currentSession } from './session';

let door: Promise<Door> | null = null;

/** What is at this host; asked once. */
export function theDoor(): Promise<Door> {
	door ??= readDoor().catch((thrown: unknown) => {
		// The next page asks again.
		door = null;
		throw thrown;
	});
	return door;
}

/** Where one stands: at the installation's door or in an account, and who is signed in there. */
export async function arrive(): Promise<{ door: Door; session: Session | null }> {
	try {
		const [found, session] = await Promise.all([theDoor(), currentSession()]);
		return { door: found, session: found.kind === 'account' ? session : null };
	} catch (thrown) {
		refuse(thrown, 'no-account');
	}
}

/** Leads to the page that says why another cannot be shown; `missing` is what a 404 means here. */
export function refuse(thrown: unknown, missing?: App.Error['kind']): never {
	if (!Problem.is(thrown)) throw thrown;
	error(thrown.status || 503, { message: thrown.message, kind: kindOf(thrown, missing) });
}

/** What the error page says of a problem. */
export function kindOf(problem: Problem, missing?: App.Error['kind']): App.Error['kind'] {
	if (problem.status === 404) return missing;
	if (problem.status === 410) return 'gone';
	return problem.code === 'offline' ? 'offline' : undefined;
}
