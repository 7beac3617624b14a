/**
 * From what the program says has changed to what the pages have read of it. A page names what it has
 * read by keys (`depends`), and reads again when one of them is stale. Pure.
 */
import type { LiveChange } from '$lib/api/types';

/** What a page has read, as a key. */
export type Key = `palisade:${string}`;
type Of = (id: string) => Key;

interface Keys {
	readonly session: Key;
	readonly account: Key;
	readonly profile: Key;
	readonly people: Key;
	/** The lists of projects, and what happened in them lately. */
	readonly projects: Key;
	readonly journal: Key;
	readonly project: Of;
	/** Of a project. */
	readonly overview: Of;
	readonly journalOf: Of;
	readonly trash: Of;
	/** All that is read of a project's files. */
	readonly files: Of;
	/** The list of one folder, or a folder in a list; the root has the project's id. */
	readonly folder: Of;
	/** One file or folder, by its name. */
	readonly entry: Of;
}

export const keys: Keys = {
	session: 'palisade:session',
	account: 'palisade:account',
	profile: 'palisade:profile',
	people: 'palisade:people',
	projects: 'palisade:projects',
	journal: 'palisade:journal',
	project: (id) => `palisade:project:${id}`,
	overview: (project) => `palisade:overview:${project}`,
	journalOf: (project) => `palisade:journal:${project}`,
	trash: (project) => `palisade:trash:${project}`,
	files: (project) => `palisade:files:${project}`,
	folder: (id) => `palisade:folder:${id}`,
	entry: (id) => `palisade:entry:${id}`,
};

type Topic = LiveChange['topics'][number];

/** The keys that are stale after a change, for the person `me`. */
export function staleAfter(change: LiveChange, me: string): Key[] {
	return change.topics.flatMap((topic) => STALE[topic](change, me));
}

const STALE: Record<Topic, (change: LiveChange, me: string) => Key[]> = {
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

function of(project: string | undefined, ...key: Of[]): Key[] {
	return project === undefined ? [] : key.map((make) => make(project));
}
