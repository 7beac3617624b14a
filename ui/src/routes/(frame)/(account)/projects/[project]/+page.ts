import { readProjectJournal } from '$lib/api/journal';
import { readLatestFiles, readProjectPeople } from '$lib/api/projects';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

const FILES = 5;
/** Enough that some lines remain where one person did the same many times. */
const ENTRIES = 50;

export const load: PageLoad = async ({ params, parent, depends }) => {
	depends(keys.overview(params.project));
	const { session } = await parent();
	try {
		const [journal, files, people] = await Promise.all([
			readProjectJournal(params.project, {}, undefined, ENTRIES),
			readLatestFiles(params.project, FILES),
			// A guest is not told who else is here.
			session.person.role === 'guest' ? [] : readProjectPeople(params.project),
		]);
		return { journal: journal.items, files, people };
	} catch (thrown) {
		refuse(thrown);
	}
};
