import { redirect } from '@sveltejs/kit';
import { readAccount } from '$lib/api/account';
import { arrive, refuse } from '$lib/state/arrival';
import type { LayoutLoad } from './$types';

/** Inside an account someone is signed in; whoever is not is led to the door and back. */
export const load: LayoutLoad = async ({ url, untrack, depends }) => {
	depends('palisade:session');
	depends('palisade:account');
	const { door, session } = await arrive();
	if (door.kind === 'installation') redirect(307, '/');
	if (session === null) {
		const next = untrack(() => url.pathname + url.search);
		redirect(307, next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`);
	}
	try {
		return { door, session, account: await readAccount() };
	} catch (thrown) {
		refuse(thrown);
	}
};
