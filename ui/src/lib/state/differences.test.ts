import { expect, it } from 'vitest';
import { differences, isDone } from './differences';

const before = { title: 'Mirabel', rule: 'ask', projects: ['a', 'b'] as string[] | null };

it('finds what both have changed, and differently', () => {
	const theirs = { ...before, title: 'Mirabel Studio', rule: 'always' };
	expect(differences(before, theirs, { title: 'Mirabelle', rule: 'always' })).toEqual([
		{ field: 'title', mine: 'Mirabelle', theirs: 'Mirabel Studio' },
	]);
});

it('lets stand what only one has changed', () => {
	expect(differences(before, { ...before, rule: 'always' }, { title: 'Mirabelle' })).toEqual([]);
	expect(differences(before, before, { title: 'Mirabelle' })).toEqual([]);
	expect(differences(before, { ...before, title: 'Other' }, {})).toEqual([]);
});

it('takes lists without their order, and nothing for null', () => {
	expect(differences(before, { ...before, projects: ['b', 'a'] }, { projects: ['c'] })).toEqual([]);
	expect(isDone({ ...before, projects: null }, { projects: null })).toBe(true);
	expect(isDone(before, { projects: ['b', 'a'], title: 'Mirabel' })).toBe(true);
	expect(isDone(before, { title: 'Mirabelle' })).toBe(false);
});
