import { error } from '@sveltejs/kit';
import { readDoor } from '$lib/api/account';
import { Problem } from '$lib/api/problem';
import type { Door } from '$lib/api/types';
import { currentSession } from '$lib/state/session';
import type { LayoutLoad } from './$types';

export const ssr = false;
export const prerender = false;

let door: Promise<Door> | null = null;

/** Where one stands: at the installation's door or in an account, and who is signed in there. */
export const load: LayoutLoad = async ({ depends }) => {
	depends('palisade:session');
	door ??= readDoor();
	try {
		const [found, session] = await Promise.all([door, currentSession()]);
		return { door: found, session: found.kind === 'account' ? session : null };
	} catch (thrown) {
		door = null;
		if (!Problem.is(thrown)) throw thrown;
		if (thrown.status === 404) error(404, { message: thrown.message, kind: 'no-account' });
		error(thrown.status || 503, {
			message: thrown.message,
			kind: thrown.code === 'offline' ? 'offline' : undefined,
		});
	}
};
