import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DraftKeeper } from './draft-keeper';

interface Sent {
	form: string;
	fields: unknown;
	leaving: boolean;
	answer: (failed?: boolean) => void;
}

let sent: Sent[] = [];
let keeper: DraftKeeper;

const hold = (form: string, fields: unknown, leaving: boolean) =>
	new Promise<void>((fulfil, refuse) => {
		const answer = (failed = false) => (failed ? refuse(new Error('no')) : fulfil());
		sent.push({ form, fields, leaving, answer });
	});
const told = () => sent.map(({ form, fields }) => [form, fields]);
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
	vi.useFakeTimers();
	sent = [];
	keeper = new DraftKeeper({
		keep: hold,
		forget: (form, leaving) => hold(form, null, leaving),
	});
});
afterEach(() => vi.useRealTimers());

it('is at most a second behind, and sends only the newest', async () => {
	for (const name of ['a', 'ab', 'abc']) {
		keeper.keep('project.new', { name });
		await vi.advanceTimersByTimeAsync(400);
	}
	expect(told()).toEqual([['project.new', { name: 'abc' }]]);
});

it('sends one at a time, and the newest last', async () => {
	keeper.keep('profile', { name: 'a' });
	await vi.advanceTimersByTimeAsync(1_000);
	keeper.keep('profile', { name: 'b' });
	await vi.advanceTimersByTimeAsync(1_000);
	expect(told()).toHaveLength(1);
	sent[0]?.answer();
	await settled();
	expect(told()).toEqual([
		['profile', { name: 'a' }],
		['profile', { name: 'b' }],
	]);
	sent[1]?.answer();
	await vi.advanceTimersByTimeAsync(5_000);
	expect(told()).toHaveLength(2);
});

it('forgets at once what is there, and asks nothing for what never was', async () => {
	keeper.keep('a', { name: 'x' });
	keeper.forget('a');
	keeper.forget('b');
	await vi.advanceTimersByTimeAsync(5_000);
	expect(told()).toEqual([]);
	keeper.found('c');
	keeper.forget('c');
	expect(told()).toEqual([['c', null]]);
});

it('forgets after what is on its way', async () => {
	keeper.keep('a', { name: 'x' });
	await vi.advanceTimersByTimeAsync(1_000);
	keeper.forget('a');
	expect(told()).toHaveLength(1);
	sent[0]?.answer();
	await settled();
	expect(told()[1]).toEqual(['a', null]);
});

it('says that it is behind where it could not send, and tries again when asked', async () => {
	keeper.keep('a', { name: 'x' });
	expect(keeper.isBehind).toBe(false);
	await vi.advanceTimersByTimeAsync(1_000);
	sent[0]?.answer(true);
	await settled();
	expect(keeper.isBehind).toBe(true);
	const flushed = keeper.flush();
	sent[1]?.answer();
	await flushed;
	expect(keeper.isBehind).toBe(false);
	expect(told()[1]).toEqual(['a', { name: 'x' }]);
});

it('sends all that waits where the page goes away', async () => {
	keeper.keep('a', { name: 'x' });
	keeper.keep('b', { name: 'y' });
	keeper.leave();
	expect(sent.map(({ form, leaving }) => [form, leaving])).toEqual([
		['a', true],
		['b', true],
	]);
});

it('sends nothing of one person for another', async () => {
	keeper.keep('a', { name: 'x' });
	keeper.clear();
	await vi.advanceTimersByTimeAsync(5_000);
	keeper.leave();
	expect(told()).toEqual([]);
});
