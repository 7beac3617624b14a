import { expect, it } from 'vitest';
import { best, match, pieces } from './matching';

it.each([
	['quay', 'Stage plan, east quay.pdf', 'quay'],
	['ete', 'Plan du quai – été.pdf', 'été'],
	['ÉTÉ', 'ete', 'ete'],
	['cafe', 'cafe\u0301.md', 'cafe\u0301'],
	['fi', 'ﬁnal', 'ﬁ'],
	['схема', 'Схема сцены.dwg', 'Схема'],
	['日本', '日本語.txt', '日本'],
])('finds %s in %s', (query, name, hit) => {
	const found = match(query, name)?.found ?? [];
	expect(
		pieces(name, found)
			.filter((piece) => piece.hit)
			.map((piece) => piece.text.normalize('NFC')),
	).toEqual([hit.normalize('NFC')]);
	expect(
		pieces(name, found)
			.map((piece) => piece.text)
			.join(''),
	).toBe(name);
});

it('wants every word, in any order', () => {
	expect(match('quay plan', 'Stage plan, east quay.pdf')?.found).toEqual([
		[6, 10],
		[17, 21],
	]);
	expect(match('quay roof', 'Stage plan, east quay.pdf')).toBeNull();
	expect(match('  ', 'anything')?.found).toEqual([]);
});

it('prefers beginnings, then beginnings of words, then shorter names', () => {
	const names = ['Old budget', 'Rebudgeted', 'Budget 2027, all details', 'Budget 2027'];
	expect(best('budget', names, (name) => name, 9).map(({ thing }) => thing)).toEqual([
		'Budget 2027',
		'Budget 2027, all details',
		'Old budget',
		'Rebudgeted',
	]);
	expect(best('budget', names, (name) => name, 2)).toHaveLength(2);
});

it('marks overlapping words once', () => {
	expect(match('harb harbour', 'Harbour Festival')?.found).toEqual([[0, 7]]);
});
