import { expect, it } from 'vitest';
import { comparable, nameBeside } from './names';

const free = () => false;

it.each([
	['Plan.pdf', 'Plan (2).pdf'],
	['Plan (2).pdf', 'Plan (3).pdf'],
	['archive.tar.gz', 'archive.tar (2).gz'],
	['.env', '.env (2)'],
	['README', 'README (2)'],
	['日本語.txt', '日本語 (2).txt'],
])('keeps %s beside itself as %s', (name, beside) => {
	expect(nameBeside(name, free)).toBe(beside);
});

it('goes on counting until a name is free', () => {
	const taken = new Set(['a (2).txt', 'a (3).txt']);
	expect(nameBeside('a.txt', (name) => taken.has(name))).toBe('a (4).txt');
});

it('takes two Unicode forms of a name for the same', () => {
	expect(comparable('e\u0301te\u0301')).toBe(comparable('été'));
	expect(comparable('Plan')).not.toBe(comparable('plan'));
});
