import { readAccount } from '$lib/api/account';
import { readJournal } from '$lib/api/journal';
import { readProjects } from '$lib/api/projects';
import { startOfYesterday } from '$lib/language/days';
import { language } from '$lib/language/language.svelte';
import { keys } from '$lib/live/stale';
import type { PageLoad } from './$types';

/** The most that one answer may hold. */
const ENTRIES = 200;

export const load: PageLoad = async ({ parent, depends }) => {
	depends(keys.projects);
	await parent();
	const after = startOfYesterday(new Date(), language.timeZone).toISOString();
	const [account, active, archived, journal] = await Promise.all([
		// What is stored has changed with the files.
		readAccount(),
		readProjects('active'),
		readProjects('archived'),
		readJournal({ after }, undefined, ENTRIES),
	]);
	return { account, active, archived, news: journal.items };
};
