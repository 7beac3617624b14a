/** Many entries as few lines: by project, and what one person did again and again is said once. Pure. */
import type { JournalEntry } from '$lib/api/types';

/** An entry, and how many more of the same kind by the same person followed it. */
export interface Told {
	readonly entry: JournalEntry;
	readonly more: number;
}

export interface ProjectNews {
	readonly project: NonNullable<JournalEntry['project']> | null;
	readonly told: readonly Told[];
	/** Lines that are not shown. */
	readonly left: number;
}

/** Neighbours by the same person, of the same kind and in the same project, become one line. */
export function told(entries: readonly JournalEntry[]): Told[] {
	const lines: { entry: JournalEntry; more: number }[] = [];
	for (const entry of entries) {
		const last = lines.at(-1);
		if (last && alike(last.entry, entry)) last.more += 1;
		else lines.push({ entry, more: 0 });
	}
	return lines;
}

function alike(a: JournalEntry, b: JournalEntry): boolean {
	return a.kind === b.kind && a.actor?.id === b.actor?.id && a.project?.id === b.project?.id;
}

/** The news of each project, the one with the latest first; what belongs to none comes last. */
export function newsByProject(entries: readonly JournalEntry[], most: number): ProjectNews[] {
	const found = new Map<string | null, JournalEntry[]>();
	for (const entry of entries) {
		const key = entry.project?.id ?? null;
		found.set(key, [...(found.get(key) ?? []), entry]);
	}
	const news = [...found].map(([key, list]) => {
		const lines = told(list);
		return {
			project: key === null ? null : (list[0]?.project ?? null),
			told: lines.slice(0, most),
			left: Math.max(0, lines.length - most),
		};
	});
	return [
		...news.filter(({ project }) => project !== null),
		...news.filter(({ project }) => project === null),
	];
}

/** Who did something lately, each once, the latest first. */
export function latelyActive(entries: readonly JournalEntry[], project: string, most: number) {
	const found = new Map<string, NonNullable<JournalEntry['actor']>>();
	for (const { actor, project: where } of entries) {
		if (actor && where?.id === project && !found.has(actor.id)) found.set(actor.id, actor);
		if (found.size === most) break;
	}
	return [...found.values()];
}
