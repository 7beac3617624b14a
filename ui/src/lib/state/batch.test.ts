import { expect, it } from 'vitest';
import { batch } from './batch';

it('does all, a few at a time, and keeps the order', async () => {
	let running = 0;
	let most = 0;
	const seen: number[] = [];
	const { done, failed, left } = await batch(
		[5, 1, 4, 2, 3, 0],
		async (n) => {
			running += 1;
			most = Math.max(most, running);
			for (let i = 0; i < n; i += 1) await Promise.resolve();
			running -= 1;
			if (n === 2) throw new Error('two');
			return n * 10;
		},
		{ progress: (count) => seen.push(count) },
	);
	expect(done.map(({ result }) => result)).toEqual([50, 10, 40, 30, 0]);
	expect(failed.map(({ thing, why }) => [thing, (why as Error).message])).toEqual([[2, 'two']]);
	expect(left).toEqual([]);
	expect(most).toBe(4);
	expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
});

it('begins nothing more once it is stopped', async () => {
	let count = 0;
	const things = Array.from({ length: 20 }, (_, i) => i);
	const { done, left } = await batch(
		things,
		() => {
			count += 1;
			return Promise.resolve();
		},
		{ stopped: () => count >= 6 },
	);
	expect(done.length + left.length).toBe(20);
	expect(done.length).toBeLessThanOrEqual(9);
});
