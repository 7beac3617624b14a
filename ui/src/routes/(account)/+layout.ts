import { redirect } from '@sveltejs/kit';
import { readAccount } from '$lib/api/account';
import type { LayoutLoad } from './$types';

/** Inside an account someone is signed in; whoever is not is led to the door and back. */
export const load: LayoutLoad = async ({ parent, url, untrack, depends }) => {
	depends('palisade:account');
	const { door, session } = await parent();
	if (door.kind === 'installation') redirect(307, '/sign-up');
	if (session === null) {
		const next = untrack(() => url.pathname + url.search);
		redirect(307, next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`);
	}
	return { door, session, account: await readAccount() };
};
