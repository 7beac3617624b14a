import { readProjectJournal } from '$lib/api/account';
import { keys } from '$lib/live/stale';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, untrack }) => {
	depends(keys.journalOf(params.project));
	await untrack(parent);
	return { journal: await readProjectJournal(params.project) };
};
