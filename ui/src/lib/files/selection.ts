/**
 * What is selected in a list, and where one stands in it. Pure: a selection is a value, and each key or
 * press makes another one. `order` is the list as it is shown.
 */
export interface Selection {
	readonly ids: ReadonlySet<string>;
	/** Where a range begins. */
	readonly anchor: string | null;
	/** Where one stands: the keys go on from here. */
	readonly at: string | null;
}

export const NONE: Selection = { ids: new Set(), anchor: null, at: null };

export function only(id: string): Selection {
	return { ids: new Set([id]), anchor: id, at: id };
}

/** One more, or one less. */
export function toggled({ ids }: Selection, id: string): Selection {
	const next = new Set(ids);
	if (!next.delete(id)) next.add(id);
	return { ids: next, anchor: id, at: id };
}

/** From the anchor to here; `keep` adds the range to what is selected already. */
export function reached(selection: Selection, id: string, order: readonly string[], keep = false): Selection {
	const anchor = selection.anchor !== null && order.includes(selection.anchor) ? selection.anchor : id;
	const [from, to] = [order.indexOf(anchor), order.indexOf(id)].sort((a, b) => a - b) as [number, number];
	const range = order.slice(from, to + 1);
	return { ids: new Set(keep ? [...selection.ids, ...range] : range), anchor, at: id };
}

export function everything(selection: Selection, order: readonly string[]): Selection {
	return { ids: new Set(order), anchor: order[0] ?? null, at: selection.at ?? order[0] ?? null };
}

/** Nothing is selected; one still stands where one stood. */
export function nothing({ at }: Selection): Selection {
	return { ids: new Set(), anchor: at, at };
}

/** So many steps on; outside the list there is nowhere to stand, and the first step leads to an end. */
export function stepped({ at }: Selection, by: number, order: readonly string[]): string | null {
	const here = at === null ? -1 : order.indexOf(at);
	const first = Number.isFinite(by) ? by > 0 : by < 0;
	if (here === -1) return (first ? order[0] : order.at(-1)) ?? null;
	return order[Math.min(Math.max(0, here + by), order.length - 1)] ?? null;
}

/** What is left after some entries went away: one stands where the first of them was. */
export function without(
	selection: Selection,
	gone: ReadonlySet<string>,
	before: readonly string[],
): Selection {
	const ids = new Set([...selection.ids].filter((id) => !gone.has(id)));
	if (selection.at === null || !gone.has(selection.at)) return { ...selection, ids };
	const place = before.indexOf(selection.at);
	const at =
		before.slice(place).find((id) => !gone.has(id)) ?? before.findLast((id) => !gone.has(id)) ?? null;
	return { ids, anchor: at, at };
}
