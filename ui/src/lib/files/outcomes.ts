/** Many entries in one request: each has an outcome of its own, and a refusal of one stops no other. */
import { readProblem, type Problem } from '$lib/api/problem';
import type { Entry, EntryOutcome } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import type { Outcome } from '$lib/state/batch';

/** The most that the program takes at once. */
const MOST = 1_000;

interface Watch {
	readonly progress?: (done: number) => void;
	readonly stopped?: () => boolean;
}

/** Sends them in as few requests as there can be. What is refused as a whole, is so for each. */
export async function inBatches<Thing>(
	things: readonly Thing[],
	send: (some: readonly Thing[]) => Promise<readonly EntryOutcome[]>,
	{ progress, stopped }: Watch = {},
): Promise<Outcome<Thing, Entry>> {
	const done: { thing: Thing; result: Entry }[] = [];
	const failed: { thing: Thing; why: unknown }[] = [];
	let begun = 0;
	while (begun < things.length && !stopped?.()) {
		const some = things.slice(begun, begun + MOST);
		begun += some.length;
		try {
			const outcomes = await send(some);
			some.forEach((thing, place) => {
				const { entry, problem } = outcomes[place] ?? { entry: null, problem: null };
				if (entry) done.push({ thing, result: entry });
				else failed.push({ thing, why: asProblem(problem) });
			});
		} catch (why) {
			failed.push(...some.map((thing) => ({ thing, why })));
		}
		progress?.(begun);
	}
	return { done, failed, left: things.slice(begun) };
}

/** The one entry that was sent, or the reason why not. */
export function theOnly([outcome]: readonly EntryOutcome[]): Entry {
	if (!outcome?.entry) throw asProblem(outcome?.problem ?? null);
	return outcome.entry;
}

const asProblem = (problem: EntryOutcome['problem']): Problem =>
	readProblem(problem?.status ?? 500, problem, null, m.problem_unknown());
