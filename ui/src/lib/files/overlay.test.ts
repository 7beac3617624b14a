import { expect, it } from 'vitest';
import type { Entry } from '$lib/api/types';
import { noted, overlaid, type Own } from './overlay';

const entry = (id: string, revision = 1, parent: string | null = null): Entry =>
	({ id, revision, parent }) as Entry;
const seen = (entries: readonly Entry[]) => entries.map(({ id, revision }) => `${id}${revision}`);
const NONE: ReadonlyMap<string, Own> = new Map();

it('shows what was just done over a list that was asked for before', () => {
	const own = noted(
		NONE,
		[
			['b', entry('b', 2)],
			['c', entry('c')],
			['a', null],
		],
		10,
		20,
	);
	expect(seen(overlaid([entry('a'), entry('b')], own, 10, null))).toEqual(['b2', 'c1']);
});

it('shows a row once, and lets a list that was asked for later say what is there', () => {
	const own = noted(
		NONE,
		[
			['a', entry('a')],
			['b', null],
		],
		10,
		20,
	);
	expect(seen(overlaid([entry('a')], own, 10, null))).toEqual(['a1']);
	expect(seen(overlaid([entry('b')], own, 30, null))).toEqual(['b1']);
});

it('lets what someone else did to the same entry afterwards win', () => {
	const own = noted(NONE, [['a', entry('a', 2)]], 10, 20);
	expect(seen(overlaid([entry('a', 3)], own, 10, null))).toEqual(['a3']);
});

it('shows nothing of another folder', () => {
	const own = noted(NONE, [['a', entry('a', 1, 'elsewhere')]], 10, 20);
	expect(overlaid([], own, 10, null)).toEqual([]);
});

it('keeps only what no list has yet', () => {
	const own = noted(NONE, [['a', entry('a')]], 10, 20);
	expect([...noted(own, [['b', null]], 30, 40).keys()]).toEqual(['b']);
	expect([...noted(own, [['b', null]], 10, 40).keys()]).toEqual(['a', 'b']);
});
