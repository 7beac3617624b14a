/** The order of a list of files: folders first, then by name, time or size. */
import type { Entry } from '$lib/api/types';

export type SortBy = 'name' | 'changed' | 'size';
export interface Sorting {
	readonly by: SortBy;
	readonly down: boolean;
}

const BY_NAME: Sorting = { by: 'name', down: false };

/** The order as this browser remembers it: `changed down`. Whatever else is written there means by name. */
export function sortingFrom(remembered: string | null | undefined): Sorting {
	const [, by, way] = /^(name|changed|size) (up|down)$/.exec(remembered ?? '') ?? [];
	return by === undefined ? BY_NAME : { by: by as SortBy, down: way === 'down' };
}

export function sortingText({ by, down }: Sorting): string {
	return `${by} ${down ? 'down' : 'up'}`;
}

/** Names upwards; the newest and the largest first. */
export function chosen(by: SortBy, before: Sorting): Sorting {
	return before.by === by ? { by, down: !before.down } : { by, down: by !== 'name' };
}

export function sorted<T extends Pick<Entry, 'kind' | 'name' | 'size' | 'changed_at'>>(
	entries: readonly T[],
	{ by, down }: Sorting,
	language: string,
): T[] {
	const { compare } = new Intl.Collator(language, { numeric: true });
	const byName = (a: T, b: T) => compare(a.name, b.name);
	const order: Record<SortBy, (a: T, b: T) => number> = {
		name: byName,
		changed: (a, b) => Date.parse(a.changed_at) - Date.parse(b.changed_at),
		size: (a, b) => (a.size ?? 0) - (b.size ?? 0),
	};
	const sign = down ? -1 : 1;
	return [...entries].sort(
		(a, b) =>
			Number(b.kind === 'folder') - Number(a.kind === 'folder') || sign * order[by](a, b) || byName(a, b),
	);
}
