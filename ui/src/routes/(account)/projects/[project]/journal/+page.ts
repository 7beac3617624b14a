import { readProjectJournal } from '$lib/api/account';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent }) => {
	await parent();
	return { journal: await readProjectJournal(params.project) };
};
