/** Which entries of a journal are wanted, as the address of the page says. Pure. */
import type { JournalEntry } from '$lib/api/types';

/** Kinds that belong together, by what they happen to. */
export const SORTS = ['files', 'projects', 'people', 'account'] as const;
export type Sort = (typeof SORTS)[number];

const BEGINNINGS: Record<Sort, RegExp> = {
	files: /^(folder|file|version|entry|trash)-/,
	projects: /^project-/,
	people: /^(person|invitation|profile|password|app-password|reset-link)-/,
	account: /^(account|mail)-/,
};

export interface Filter {
	readonly person: string | null;
	readonly kind: Sort | null;
	readonly project: string | null;
}

export function filterFrom(params: URLSearchParams): Filter {
	const kind = params.get('kind');
	return {
		person: params.get('person'),
		kind: SORTS.find((sort) => sort === kind) ?? null,
		project: params.get('project'),
	};
}

/** The address that says it: empty where everything is wanted. */
export function filterText(filter: Filter): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(filter)) if (value) params.set(name, value as string);
	const text = params.toString();
	return text === '' ? '' : `?${text}`;
}

export function isWanted(entry: JournalEntry, { person, kind, project }: Filter): boolean {
	return (
		(person === null || entry.actor?.id === person) &&
		(project === null || entry.project?.id === project) &&
		(kind === null || BEGINNINGS[kind].test(entry.kind))
	);
}

export const wantsAll = ({ person, kind, project }: Filter): boolean =>
	person === null && kind === null && project === null;
