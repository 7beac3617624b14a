/**
 * What this page has changed itself, over what the program has listed. A list that was asked for before
 * a change was done may not have it yet: the change stands until a list is there that was asked for
 * later. Pure.
 */
import type { Entry } from '$lib/api/types';

export interface Own {
	/** The entry as it is now; null where it is gone. */
	readonly entry: Entry | null;
	/** When the page knew of it. */
	readonly at: number;
}

/** The list of a folder that was asked for at `askedAt`, with one's own changes since then. */
export function overlaid(
	listed: readonly Entry[],
	own: ReadonlyMap<string, Own>,
	askedAt: number,
	folder: string | null,
): readonly Entry[] {
	const listedById = new Map(listed.map((entry) => [entry.id, entry]));
	const later = [...own].filter(([id, { entry, at }]) => {
		const there = listedById.get(id);
		return at > askedAt && !(entry && there && there.revision > entry.revision);
	});
	if (later.length === 0) return listed;
	const overtaken = new Set(later.map(([id]) => id));
	return [
		...listed.filter(({ id }) => !overtaken.has(id)),
		...later.flatMap(([, { entry }]) => (entry !== null && entry.parent === folder ? [entry] : [])),
	];
}

/** One's own changes with more of them, without those that a list has since then. */
export function noted(
	own: ReadonlyMap<string, Own>,
	changes: readonly (readonly [id: string, entry: Entry | null])[],
	askedAt: number,
	now: number,
): ReadonlyMap<string, Own> {
	const kept = [...own].filter(([, { at }]) => at > askedAt);
	return new Map([...kept, ...changes.map(([id, entry]) => [id, { entry, at: now }] as const)]);
}
