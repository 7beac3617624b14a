import { readJournal } from '$lib/api/account';
import { readProjects } from '$lib/api/projects';
import { keys } from '$lib/live/stale';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	depends(keys.projects);
	await parent();
	const [active, archived, journal] = await Promise.all([
		readProjects('active'),
		readProjects('archived'),
		readJournal(),
	]);
	return { active, archived, journal: journal.items };
};
