import { describe, expect, it } from 'vitest';
import { endingOf } from './kind';
import { chosen, sorted, sortingFrom, sortingText } from './sorting';
import { windowOf } from './window';

const entry = (name: string, kind: 'file' | 'folder' = 'file', size = 0, day = 1) => ({
	name,
	kind,
	size: kind === 'file' ? size : null,
	changed_at: `2026-11-${String(day).padStart(2, '0')}T00:00:00Z`,
});
const names = (entries: { name: string }[]) => entries.map(({ name }) => name);

describe('order', () => {
	const entries = [
		entry('b10', 'file', 1, 3),
		entry('É', 'file', 9, 1),
		entry('b2', 'file', 5, 2),
		entry('Z', 'folder'),
	];

	it('puts folders first, numbers by value and accents in their place', () => {
		expect(names(sorted(entries, { by: 'name', down: false }, 'en'))).toEqual(['Z', 'b2', 'b10', 'É']);
		expect(names(sorted(entries, { by: 'name', down: true }, 'fr'))).toEqual(['Z', 'É', 'b10', 'b2']);
	});

	it('sorts by date and by size', () => {
		expect(names(sorted(entries, { by: 'changed', down: true }, 'en'))).toEqual(['Z', 'b10', 'b2', 'É']);
		expect(names(sorted(entries, { by: 'size', down: true }, 'en'))).toEqual(['Z', 'É', 'b2', 'b10']);
	});

	it('is remembered, and falls back to names', () => {
		const sorting = { by: 'size', down: true } as const;
		expect(sortingFrom(sortingText(sorting))).toEqual(sorting);
		for (const nonsense of [null, undefined, '', 'owner up', 'name'])
			expect(sortingFrom(nonsense)).toEqual({ by: 'name', down: false });
	});

	it('turns round when asked again, and begins with the newest', () => {
		expect(chosen('changed', { by: 'name', down: false })).toEqual({ by: 'changed', down: true });
		expect(chosen('changed', { by: 'changed', down: true })).toEqual({ by: 'changed', down: false });
	});
});

describe('the window on a long list', () => {
	it('makes all rows of a short list', () => {
		expect(windowOf(120, 60, -5_000, 900)).toMatchObject({ from: 0, to: 120 });
	});

	it('makes what is in sight and a little around it', () => {
		expect(windowOf(10_000, 60, 300, 900)).toMatchObject({ from: 0, to: 19 });
		expect(windowOf(10_000, 60, -60_000, 900)).toMatchObject({ from: 992, to: 1_024 });
	});

	it.each([300, 0, -1, -59, -61, -60_017, -599_000, -600_000])(
		'never needs more than its pool at %i',
		(top) => {
			const { from, to, pool } = windowOf(10_000, 60, top, 900);
			expect(to - from).toBeLessThanOrEqual(pool);
			const inSight = [Math.floor(-top / 60), Math.ceil((900 - top) / 60)] as const;
			expect(from).toBeLessThanOrEqual(Math.max(0, inSight[0]));
			expect(to).toBeGreaterThanOrEqual(Math.min(10_000, inSight[1]));
		},
	);

	it('stays within the list, wherever the page is scrolled', () => {
		expect(windowOf(10_000, 60, -10_000_000, 900)).toMatchObject({ from: 10_000, to: 10_000 });
		expect(windowOf(10_000, 60, 5_000, 900)).toMatchObject({ from: 0, to: 0 });
	});
});

it.each([
	['plan.pdf', 'PDF'],
	['.env', ''],
	['README', ''],
	['photo.JPEG', 'JPEG'],
	['a.longending', ''],
	['схема.док', 'ДОК'],
])('marks %s with “%s”', (name, ending) => {
	expect(endingOf(name)).toBe(ending);
});
