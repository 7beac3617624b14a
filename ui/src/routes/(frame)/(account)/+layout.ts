import { redirect } from '@sveltejs/kit';
import { readAccount } from '$lib/api/account';
import { doorTo } from '$lib/door/place';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import { drafts } from '$lib/state/drafts.svelte';
import type { LayoutLoad } from './$types';

/** Inside an account someone is signed in; whoever is not is led to the door and back. */
export const load: LayoutLoad = async ({ parent, url, untrack, depends }) => {
	depends(keys.account);
	const { door, session } = await parent();
	if (door.kind === 'installation') redirect(307, '/');
	if (session === null) redirect(307, doorTo(untrack(() => url.pathname + url.search)));
	try {
		const [account] = await Promise.all([readAccount(), drafts.arrive(session.person.id)]);
		return { door, session, account };
	} catch (thrown) {
		refuse(thrown);
	}
};
