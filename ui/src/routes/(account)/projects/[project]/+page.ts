import { readProjectJournal } from '$lib/api/account';
import { readFile } from '$lib/api/files';
import { readPeople } from '$lib/api/people';
import { Problem } from '$lib/api/problem';
import { latestFiles } from '$lib/journal/groups';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

const FILES = 5;

export const load: PageLoad = async ({ params, parent, depends }) => {
	depends(keys.overview(params.project));
	const { session } = await parent();
	try {
		const journal = await readProjectJournal(params.project);
		const [files, people] = await Promise.all([
			Promise.all(latestFiles(journal.items, FILES).map(fileIfThere)),
			session.person.role === 'guest' ? [] : readPeople(),
		]);
		return {
			journal: journal.items,
			files: files.flatMap((file) => (file?.project === params.project ? [file] : [])),
			people: people.filter(({ role, projects }) => role !== 'guest' || projects?.includes(params.project)),
		};
	} catch (thrown) {
		refuse(thrown);
	}
};

/** A file may be gone since the journal named it. */
async function fileIfThere(id: string) {
	try {
		return await readFile(id);
	} catch (thrown) {
		if (Problem.is(thrown) && thrown.status === 404) return null;
		throw thrown;
	}
}
