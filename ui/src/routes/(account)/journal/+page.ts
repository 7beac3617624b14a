import { readJournal } from '$lib/api/account';
import { readPeople } from '$lib/api/people';
import { readProjects } from '$lib/api/projects';
import { keys } from '$lib/live/stale';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	depends(keys.journal);
	const { session } = await parent();
	const [journal, active, archived, people] = await Promise.all([
		readJournal(),
		readProjects('active'),
		readProjects('archived'),
		// A guest is not told who else is here.
		session.person.role === 'guest' ? [] : readPeople(),
	]);
	return { journal, projects: [...active, ...archived], people };
};
