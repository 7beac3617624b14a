/** What stands behind the palette: what was typed, where it is looked for, what is found and which of it is chosen. */
import { readFolder } from '$lib/api/files';
import { readProjects } from '$lib/api/projects';
import type { Entry, Project } from '$lib/api/types';
import { commands, type Command } from './commands.svelte';
import { grouped, placesOf, wayTo } from './finding';

type Place = Pick<Project, 'id' | 'name' | 'dye'>;

interface Around {
	/** The pages and actions that are there everywhere. */
	readonly everywhere: () => readonly Command[];
	/** The project in which one stands. */
	readonly project: () => Project | null;
}

export class Finder {
	query = $state('');
	#within = $state.raw<Place | null>(null);
	#place = $state(0);
	#projects = $state.raw<readonly Project[]>([]);
	#inside = $state.raw<readonly Entry[]>([]);
	readonly #around: Around;

	readonly groups = $derived.by(() => grouped(this.#offered(), this.query));
	readonly flat = $derived(this.groups.flatMap(({ hits }) => hits.map(({ command }) => command)));
	readonly current = $derived(this.flat[Math.min(this.#place, this.flat.length - 1)] ?? null);
	/** What Tab would narrow to. */
	readonly narrower = $derived.by(() =>
		this.#within ? null : (this.current?.project ?? this.#around.project()),
	);

	constructor(around: Around) {
		this.#around = around;
	}

	/** Only what belongs to this project is looked at. */
	get within(): Place | null {
		return this.#within;
	}

	/** Begins anew. What cannot be read is not offered; the rest still leads where it leads. */
	begin(): void {
		this.narrow(null);
		readProjects('active').then(
			(read) => (this.#projects = read),
			() => undefined,
		);
	}

	narrow(to: Place | null): void {
		this.#within = to;
		this.#inside = [];
		this.query = '';
		this.#place = 0;
		if (to === null) return;
		readFolder(to.id, null).then(
			(read) => {
				if (this.#within?.id === to.id) this.#inside = read;
			},
			() => undefined,
		);
	}

	choose(command: Command): void {
		this.#place = this.flat.indexOf(command);
	}
	first(): void {
		this.#place = 0;
	}
	/** One on or one back; after the last comes the first. */
	step(by: 1 | -1): void {
		const count = this.flat.length;
		this.#place = count === 0 ? 0 : (this.#place + by + count) % count;
	}

	#offered(): readonly Command[] {
		const here = commands.offered(this.query.trim());
		const within = this.#within;
		if (within === null) return [...here, ...this.#projects.map(wayTo), ...this.#around.everywhere()];
		const places = placesOf(within, this.#inside);
		return within.id === this.#around.project()?.id ? [...here, ...places] : places;
	}
}
