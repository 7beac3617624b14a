/** Many entries as few lines: by project, and what one person did again and again is said once. Pure. */
import type { JournalEntry } from '$lib/api/types';

/** An entry, and what else of the same kind the same person did before and after it. */
export interface Told {
	readonly entry: JournalEntry;
	/** How many other things it was done to. */
	readonly more: number;
	/** How often it was done, where it was to this one thing alone. */
	readonly times: number;
}

export interface ProjectNews {
	readonly project: NonNullable<JournalEntry['project']> | null;
	readonly told: readonly Told[];
	/** Lines that are not shown. */
	readonly left: number;
}

/** Neighbours by the same person, of the same kind and in the same project, become one line. */
export function told(entries: readonly JournalEntry[]): Told[] {
	const runs: [JournalEntry, ...JournalEntry[]][] = [];
	for (const entry of entries) {
		const last = runs.at(-1);
		if (last && alike(last[0], entry)) last.push(entry);
		else runs.push([entry]);
	}
	return runs.map((run) => {
		const things = new Set(run.map(({ subject }) => subject?.id));
		return { entry: run[0], more: things.size - 1, times: things.size === 1 ? run.length : 1 };
	});
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
