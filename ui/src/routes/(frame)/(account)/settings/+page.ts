import { readAccount } from '$lib/api/account';
import { keys } from '$lib/live/stale';
import { drafts } from '$lib/state/drafts.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	// What is stored changes with the files of all projects.
	depends(keys.projects);
	const { session } = await parent();
	const { role } = session.person;
	const [account] = await Promise.all([readAccount(), drafts.fetch('account')]);
	return { account, mayChange: role === 'owner' || role === 'admin' };
};
