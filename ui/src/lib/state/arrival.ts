import { error } from '@sveltejs/kit';
import { readDoor } from '$lib/api/account';
import { Problem } from '$lib/api/problem';
import type { Door, Session } from '$lib/api/types';
import { currentSession } from './session';

let door: Promise<Door> | null = null;

/** Where one stands: at the installation's door or in an account, and who is signed in there. */
export async function arrive(): Promise<{ door: Door; session: Session | null }> {
	door ??= readDoor();
	try {
		const [found, session] = await Promise.all([door, currentSession()]);
		return { door: found, session: found.kind === 'account' ? session : null };
	} catch (thrown) {
		// The next page asks again.
		door = null;
		refuse(thrown, 'no-account');
	}
}

/** Leads to the page that says why another cannot be shown; `missing` is what a 404 means here. */
export function refuse(thrown: unknown, missing?: App.Error['kind']): never {
	if (!Problem.is(thrown)) throw thrown;
	const kind = thrown.status === 404 ? missing : thrown.code === 'offline' ? 'offline' : undefined;
	error(thrown.status || 503, { message: thrown.message, kind });
}
