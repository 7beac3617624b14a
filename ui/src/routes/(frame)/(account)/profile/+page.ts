import { readAppPasswords, readProfile } from '$lib/api/people';
import { keys } from '$lib/live/stale';
import { drafts } from '$lib/state/drafts.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	depends(keys.profile);
	await parent();
	const [profile, appPasswords] = await Promise.all([
		readProfile(),
		readAppPasswords(),
		drafts.fetch('profile'),
	]);
	return { profile, appPasswords };
};
