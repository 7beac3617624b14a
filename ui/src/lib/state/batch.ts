/** The same for many things: a few at a time, with a count of how far it is, and a way to stop. */

export interface Outcome<Thing, Result> {
	readonly done: readonly { readonly thing: Thing; readonly result: Result }[];
	readonly failed: readonly { readonly thing: Thing; readonly why: unknown }[];
	/** What was not begun, because someone stopped it. */
	readonly left: readonly Thing[];
}

const AT_ONCE = 4;

/** One failure stops nothing else. The results stand in the order of the things. */
export async function batch<Thing, Result>(
	things: readonly Thing[],
	act: (thing: Thing) => Promise<Result>,
	{ progress, stopped }: { progress?: (done: number) => void; stopped?: () => boolean } = {},
): Promise<Outcome<Thing, Result>> {
	const results = new Map<number, { result: Result } | { why: unknown }>();
	let next = 0;
	async function work(): Promise<void> {
		while (next < things.length && !stopped?.()) {
			const place = next;
			next += 1;
			try {
				results.set(place, { result: await act(things[place] as Thing) });
			} catch (why) {
				results.set(place, { why });
			}
			progress?.(results.size);
		}
	}
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	const outcome = { done: [], failed: [], left: [] } as {
		done: { thing: Thing; result: Result }[];
		failed: { thing: Thing; why: unknown }[];
		left: Thing[];
	};
	things.forEach((thing, place) => {
		const found = results.get(place);
		if (found === undefined) outcome.left.push(thing);
		else if ('why' in found) outcome.failed.push({ thing, why: found.why });
		else outcome.done.push({ thing, result: found.result });
	});
	return outcome;
}
