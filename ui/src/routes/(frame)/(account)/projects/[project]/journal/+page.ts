import { readProjectJournal } from '$lib/api/journal';
import { filterFrom, queryFor } from '$lib/journal/filter';
import { language } from '$lib/language/language.svelte';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, url, depends, untrack }) => {
	depends(keys.journalOf(params.project));
	const filter = { ...filterFrom(url.searchParams), project: null };
	await untrack(parent);
	const query = queryFor(filter, language.timeZone);
	try {
		return { filter, query, journal: await readProjectJournal(params.project, query) };
	} catch (thrown) {
		refuse(thrown);
	}
};
