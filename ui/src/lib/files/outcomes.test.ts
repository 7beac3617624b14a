import { expect, it } from 'vitest';
import type { Entry, EntryOutcome } from '$lib/api/types';
import { Problem } from '$lib/api/problem';
import { inBatches, theOnly } from './outcomes';

const done = (id: string): EntryOutcome => ({ id, entry: { id } as Entry, problem: null });
const refused = (id: string): EntryOutcome => ({
	id,
	entry: null,
	problem: { type: 'urn:palisade:problem:changed', title: 'Somebody changed this.', status: 412 },
});

it('tells what was done from what was refused', async () => {
	const outcome = await inBatches(['a', 'b', 'c'], (some) =>
		Promise.resolve(some.map((id) => (id === 'b' ? refused(id) : done(id)))),
	);
	expect(outcome.done.map(({ thing, result }) => [thing, result.id])).toEqual([
		['a', 'a'],
		['c', 'c'],
	]);
	expect(outcome.failed.map(({ thing }) => thing)).toEqual(['b']);
	expect(Problem.is(outcome.failed[0]?.why, 'changed')).toBe(true);
	expect((outcome.failed[0]?.why as Problem).status).toBe(412);
	expect(() => theOnly([refused('b')])).toThrow('Somebody changed this.');
});

it('sends no more at once than the program takes, and stops when it is told to', async () => {
	const things = Array.from({ length: 2_300 }, (_, i) => String(i));
	const sizes: number[] = [];
	const seen: number[] = [];
	const outcome = await inBatches(
		things,
		(some) => {
			sizes.push(some.length);
			return Promise.resolve(some.map(done));
		},
		{ progress: (count) => seen.push(count), stopped: () => sizes.length === 2 },
	);
	expect(sizes).toEqual([1_000, 1_000]);
	expect(seen).toEqual([1_000, 2_000]);
	expect([outcome.done.length, outcome.left.length]).toEqual([2_000, 300]);
});

it('says of each why all of them were refused', async () => {
	const outcome = await inBatches(['a', 'b'], () => Promise.reject(new Error('archived')));
	expect(outcome.failed.map(({ thing, why }) => [thing, (why as Error).message])).toEqual([
		['a', 'archived'],
		['b', 'archived'],
	]);
});
