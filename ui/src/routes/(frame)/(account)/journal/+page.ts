import { readJournal } from '$lib/api/journal';
import { readPeople } from '$lib/api/people';
import { readProjects } from '$lib/api/projects';
import { filterFrom, queryFor } from '$lib/journal/filter';
import { orNothing } from '$lib/journal/gone';
import { language } from '$lib/language/language.svelte';
import { keys } from '$lib/live/stale';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url, depends }) => {
	depends(keys.journal);
	const filter = filterFrom(url.searchParams);
	const { session } = await parent();
	const query = queryFor(filter, language.timeZone);
	const [journal, active, archived, people] = await Promise.all([
		orNothing(readJournal(query)),
		readProjects('active'),
		readProjects('archived'),
		// A guest is not told who else is here.
		session.person.role === 'guest' ? [] : readPeople(),
	]);
	return { filter, query, journal, projects: [...active, ...archived], people };
};
