/** Who did what, when. */
import { api, ask } from './client';

/** What is looked for in the journal: times are moments, not days. */
export interface JournalQuery {
	person?: string | undefined;
	kind?: string | undefined;
	project?: string | undefined;
	after?: string | undefined;
	before?: string | undefined;
}

const ENTRIES = 100;

/** The newest entries of the journal that are wanted, one page at a time. */
export const readJournal = (query: JournalQuery = {}, cursor?: string, limit = ENTRIES) =>
	ask(api.GET('/api/v1/journal', { params: { query: { ...query, cursor, limit } } }));

export const readProjectJournal = (
	id: string,
	query: Omit<JournalQuery, 'project'> = {},
	cursor?: string,
	limit = ENTRIES,
) =>
	ask(
		api.GET('/api/v1/projects/{id}/journal', {
			params: { path: { id }, query: { ...query, cursor, limit } },
		}),
	);
