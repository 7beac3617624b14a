import { describe, expect, it } from 'vitest';
import { everything, NONE, nothing, only, reached, stepped, toggled, without } from './selection';

const order = ['a', 'b', 'c', 'd', 'e'];
const ids = (selection: { ids: ReadonlySet<string> }) => [...selection.ids].sort().join('');

describe('a selection', () => {
	it('takes one more and one less', () => {
		const two = toggled(only('b'), 'd');
		expect(ids(two)).toBe('bd');
		expect(ids(toggled(two, 'b'))).toBe('d');
	});

	it('reaches from where it began, either way, and forgets the range before', () => {
		const down = reached(only('c'), 'e', order);
		expect(ids(down)).toBe('cde');
		expect(ids(reached(down, 'a', order))).toBe('abc');
		expect(ids(reached(toggled(only('a'), 'c'), 'e', order, true))).toBe('acde');
	});

	it('reaches only to itself where it began nowhere', () => {
		expect(ids(reached(NONE, 'd', order))).toBe('d');
		expect(ids(reached(only('gone'), 'd', order))).toBe('d');
	});

	it('takes everything and nothing, and one stands where one stood', () => {
		expect(ids(everything(NONE, order))).toBe('abcde');
		expect(nothing(only('c'))).toEqual({ ids: new Set(), anchor: 'c', at: 'c' });
		expect(everything(NONE, [])).toEqual(NONE);
	});
});

it('steps along the list and stops at its ends', () => {
	expect(stepped(NONE, 1, order)).toBe('a');
	expect(stepped(NONE, -1, order)).toBe('e');
	expect(stepped(NONE, -Infinity, order)).toBe('a');
	expect(stepped(NONE, Infinity, order)).toBe('e');
	expect(stepped(only('b'), 2, order)).toBe('d');
	expect(stepped(only('b'), -9, order)).toBe('a');
	expect(stepped(only('b'), Infinity, order)).toBe('e');
	expect(stepped(NONE, 1, [])).toBeNull();
});

it('stands at the next one when entries go away', () => {
	expect(without(toggled(only('a'), 'b'), new Set(['b', 'c']), order)).toEqual({
		ids: new Set(['a']),
		anchor: 'd',
		at: 'd',
	});
	expect(without(only('e'), new Set(['d', 'e']), order).at).toBe('c');
	expect(without(only('a'), new Set(order), order).at).toBeNull();
	expect(without(only('a'), new Set(['b']), order)).toEqual(only('a'));
});
