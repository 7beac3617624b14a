import { drafts } from '$lib/state/drafts.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
	const { session } = await parent();
	const { role } = session.person;
	await drafts.fetch('account');
	return { mayChange: role === 'owner' || role === 'admin' };
};
