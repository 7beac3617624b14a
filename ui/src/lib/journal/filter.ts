/** What is looked for in a journal, as the address of the page says it. Pure. */
import type { JournalQuery } from '$lib/api/journal';
import { dayAfter, startOfDay } from '$lib/language/days';
import { isKind } from './sentences';

/** Groups of kinds, by what they happen to. */
export const SORTS = ['files', 'projects', 'people', 'account'] as const;
export type Sort = (typeof SORTS)[number];

export interface Filter {
	readonly person: string | null;
	/** A group of kinds, or one kind. */
	readonly kind: string | null;
	readonly project: string | null;
	/** The first day and the last, as a calendar writes them: 2026-11-23. */
	readonly from: string | null;
	readonly until: string | null;
}

export const NOTHING: Filter = { person: null, kind: null, project: null, from: null, until: null };

const ID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** What an address says; what makes no sense there is left out. */
export function filterFrom(params: URLSearchParams): Filter {
	const fits = (name: string, fit: (value: string) => boolean) => {
		const value = params.get(name);
		return value !== null && fit(value) ? value : null;
	};
	const isDay = (value: string) => DAY.test(value) && !Number.isNaN(Date.parse(value));
	return {
		person: fits('person', (value) => ID.test(value)),
		kind: fits('kind', (value) => isSort(value) || isKind(value)),
		project: fits('project', (value) => ID.test(value)),
		from: fits('from', isDay),
		until: fits('until', isDay),
	};
}

/** The address that says it: empty where everything is wanted. */
export function filterText(filter: Filter): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(filter)) if (value) params.set(name, value as string);
	const text = params.toString();
	return text === '' ? '' : `?${text}`;
}

/** What the program is asked; days begin where the person is. */
export function queryFor(filter: Filter, timeZone: string): JournalQuery {
	const { person, kind, project, from, until } = filter;
	return {
		person: person ?? undefined,
		kind: kind ?? undefined,
		project: project ?? undefined,
		after: from === null ? undefined : startOfDay(from, timeZone).toISOString(),
		before: until === null ? undefined : startOfDay(dayAfter(until), timeZone).toISOString(),
	};
}

export const isSort = (kind: string): kind is Sort => (SORTS as readonly string[]).includes(kind);

export const wantsAll = (filter: Filter): boolean => Object.values(filter).every((part) => part === null);
