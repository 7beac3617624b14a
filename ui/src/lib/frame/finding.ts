/** What the palette shows of all that is offered, for what was typed. Pure. */
import type { Entry, Project } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import type { Command } from './commands.svelte';
import { best, type Stretch } from './matching';

export interface Hit {
	readonly command: Command;
	/** Where in its label something was found. */
	readonly found: readonly Stretch[];
}

export interface Group {
	readonly kind: Command['kind'];
	readonly hits: readonly Hit[];
}

const MOST: Readonly<Record<Command['kind'], number>> = { go: 8, do: 6 };

/** First one goes, then one does; what takes up the words themselves comes last, whatever they are. */
export function grouped(offered: readonly Command[], query: string): Group[] {
	const seen = new Set<string>();
	const fresh = offered.filter(({ id }) => !seen.has(id) && seen.add(id));
	const empty = query.trim() === '';
	return (['go', 'do'] as const)
		.map((kind) => {
			const named = fresh.filter((command) => command.kind === kind);
			const found = best(
				query,
				named.filter(({ always }) => empty || !always),
				({ label }) => label,
				MOST[kind],
			).map(({ thing, found: where }) => ({ command: thing, found: where }));
			const taken = empty ? [] : named.filter(({ always }) => always);
			return { kind, hits: [...found, ...taken.map((command) => ({ command, found: [] }))] };
		})
		.filter(({ hits }) => hits.length > 0);
}

/** The way to a project. */
export const wayTo = (project: Project): Command => ({
	id: `project ${project.id}`,
	kind: 'go',
	label: project.name,
	detail: m.project(),
	project,
	href: `/projects/${project.id}`,
});

/** Where one can go in a project: its pages, and what stands at its root. */
export function placesOf({ id, name }: Pick<Project, 'id' | 'name'>, entries: readonly Entry[]): Command[] {
	const root = `/projects/${id}`;
	const to = (place: string, label: string, href: string): Command => ({
		id: `${place} ${id}`,
		kind: 'go',
		label,
		detail: name,
		href,
	});
	return [
		to('overview', m.overview(), root),
		to('files', m.files(), `${root}/files`),
		to('trash', m.trash(), `${root}/trash`),
		to('journal', m.journal(), `${root}/journal`),
		...entries.map((entry): Command => ({
			...to(entry.id, entry.name, `${root}/file/${entry.id}`),
			entry,
			detail: entry.kind === 'folder' ? m.folder() : m.files(),
		})),
	];
}
