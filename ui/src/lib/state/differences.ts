/** What two people have changed of the same thing at the same time. Pure. */

export interface Difference<T> {
	readonly field: keyof T & string;
	readonly mine: unknown;
	readonly theirs: unknown;
}

/**
 * The fields that I want to change and that someone else has changed to something else since I read
 * them. What only one of us has changed does not stand in the other's way.
 */
export function differences<T extends object>(before: T, theirs: T, change: Partial<T>): Difference<T>[] {
	return (Object.keys(change) as (keyof T & string)[])
		.filter((field) => change[field] !== undefined)
		.filter((field) => !same(theirs[field], before[field]) && !same(theirs[field], change[field]))
		.map((field) => ({ field, mine: change[field], theirs: theirs[field] }));
}

/** Whether a thing already is as a change wants it: by someone else, or by a try whose answer was lost. */
export function isDone<T extends object>(thing: T, change: Partial<T>): boolean {
	return (Object.keys(change) as (keyof T)[])
		.filter((field) => change[field] !== undefined)
		.every((field) => same(thing[field], change[field]));
}

/** Ids in a list have no order. */
function same(a: unknown, b: unknown): boolean {
	if (Array.isArray(a) && Array.isArray(b)) {
		return a.length === b.length && a.every((each) => b.includes(each));
	}
	return (a ?? null) === (b ?? null);
}
