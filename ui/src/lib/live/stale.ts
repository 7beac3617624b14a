/**
 * From what the program says has changed to what the pages have read of it. A page names what it has
 * read by keys (`depends`), and reads again when one of them is stale. Pure.
 */
import type { LiveChange } from '$lib/api/types';

export const keys = {
	session: 'palisade:session',
	account: 'palisade:account',
	profile: 'palisade:profile',
	people: 'palisade:people',
	/** The lists of projects, and what happened in them lately. */
	projects: 'palisade:projects',
	journal: 'palisade:journal',
	project: (id: string) => `palisade:project:${id}`,
	overview: (project: string) => `palisade:overview:${project}`,
	journalOf: (project: string) => `palisade:journal:${project}`,
	trash: (project: string) => `palisade:trash:${project}`,
	/** All that is read of a project's files. */
	files: (project: string) => `palisade:files:${project}`,
	/** The list of one folder, or a folder in a list; the root has the project's id. */
	folder: (id: string) => `palisade:folder:${id}`,
	/** One file or folder, by its name. */
	entry: (id: string) => `palisade:entry:${id}`,
};

type Topic = LiveChange['topics'][number];

/** The keys that are stale after a change, for the person `me`. */
export function staleAfter(change: LiveChange, me: string): string[] {
	return change.topics.flatMap((topic) => STALE[topic](change, me));
}

const STALE: Record<Topic, (change: LiveChange, me: string) => string[]> = {
	account: () => [keys.account, keys.session],
	people: ({ ids }, me) => [
		keys.people,
		// What one may do, and where, may be other than it was.
		...(ids?.includes(me) === false ? [] : [keys.session, keys.profile, keys.projects]),
	],
	// They stand on the page of the people.
	invitations: () => [keys.people],
	projects: ({ project }) => [keys.projects, ...of(project, keys.project, keys.overview)],
	files: ({ project, folders, ids }) => [
		...(folders?.map(keys.folder) ?? of(project, keys.files)),
		...(ids?.map(keys.entry) ?? []),
		keys.projects,
		...of(project, keys.project, keys.overview),
	],
	trash: ({ project }) => of(project, keys.trash),
	journal: ({ project }) => [keys.journal, keys.projects, ...of(project, keys.journalOf, keys.overview)],
};

function of(project: string | undefined, ...key: ((id: string) => string)[]): string[] {
	return project === undefined ? [] : key.map((make) => make(project));
}
