import { beforeEach, describe, expect, it } from 'vitest';
import { Problem } from '$lib/api/problem';
import { UploadQueue, type Picked } from './queue';

const to = { project: 'p', folder: null };
const file = (name: string, size = 100): Picked<{ size: number }> => ({
	source: { size },
	name,
	folders: [],
});
const nothingTaken = () => false;
const offline = new Problem('No answer.', 0, 'offline');

let queue: UploadQueue<{ size: number }>;
const states = () => queue.uploads.map((upload) => upload.state);

beforeEach(() => {
	queue = new UploadQueue(3);
});

describe('the line', () => {
	it('sends three at once, in the order in which they came', () => {
		queue.add(
			to,
			['a', 'b', 'c', 'd', 'e'].map((name) => file(name)),
		);
		expect(queue.start().map((upload) => upload.name)).toEqual(['a', 'b', 'c']);
		expect(queue.start()).toEqual([]);
		queue.saved(2, 1, ['home']);
		expect(queue.start().map((upload) => upload.name)).toEqual(['d']);
		expect(states()).toEqual(['sending', 'saved', 'sending', 'sending', 'waiting']);
	});

	it('gives the place of a cancelled upload to the next', () => {
		queue.add(
			to,
			['a', 'b', 'c', 'd'].map((name) => file(name)),
		);
		queue.start();
		queue.cancel(1);
		expect(queue.start().map((upload) => upload.name)).toEqual(['d']);
		queue.saved(1, 1, []);
		expect(states()[0]).toBe('cancelled');
	});

	it('calls nothing saved before the program has said so', () => {
		queue.add(to, [file('a', 10)]);
		queue.start();
		queue.progress(1, 10, 0);
		expect(states()).toEqual(['sending']);
		expect(queue.totals).toMatchObject({ open: 1, saved: 0, sent: 10, bytes: 10 });
		queue.saved(1, 4, ['home']);
		expect(queue.uploads[0]).toMatchObject({ state: 'saved', version: 4, sites: ['home'] });
	});

	it('cannot take back what is saved', () => {
		queue.add(to, [file('a')]);
		queue.start();
		queue.saved(1, 1, []);
		queue.cancel(1);
		expect(states()).toEqual(['saved']);
	});

	it('starts ten thousand without going over the whole line each time', () => {
		queue.add(
			to,
			Array.from({ length: 10_000 }, (_, i) => file(`${i}`)),
		);
		let done = 0;
		for (let batch = queue.start(); batch.length > 0; batch = queue.start()) {
			for (const upload of batch) {
				queue.saved(upload.id, 1, []);
				done += 1;
			}
		}
		expect(done).toBe(10_000);
	});
});

describe('a taken name', () => {
	beforeEach(() => {
		queue.add(
			to,
			['a.txt', 'b.txt', 'c.txt', 'd.txt'].map((name) => file(name)),
		);
		queue.start();
	});

	it('is asked about one at a time, while the others go on', () => {
		queue.clashed(1, nothingTaken);
		queue.clashed(3, nothingTaken);
		expect(queue.question).toMatchObject({ upload: { id: 1 }, more: 1 });
		expect(states()).toEqual(['asking', 'sending', 'asking', 'waiting']);
		queue.answer(1, 'version', false, nothingTaken);
		expect(queue.uploads[0]).toMatchObject({ state: 'waiting', onConflict: 'version' });
		expect(queue.question).toMatchObject({ upload: { id: 3 }, more: 0 });
	});

	it('is answered for all that came together, now and later', () => {
		queue.clashed(1, nothingTaken);
		queue.clashed(2, nothingTaken);
		queue.answer(1, 'skip', true, nothingTaken);
		expect(states().slice(0, 2)).toEqual(['skipped', 'skipped']);
		queue.clashed(3, nothingTaken);
		expect(states()[2]).toBe('skipped');
		expect(queue.question).toBeNull();
	});

	it('is asked about again for what comes later', () => {
		queue.clashed(1, nothingTaken);
		queue.answer(1, 'version', true, nothingTaken);
		queue.add(to, [file('late.txt')]);
		for (const id of [2, 3]) queue.saved(id, 1, []);
		queue.start();
		queue.saved(1, 2, []);
		queue.saved(4, 1, []);
		queue.start();
		queue.clashed(5, nothingTaken);
		expect(queue.question?.upload.name).toBe('late.txt');
	});

	it('keeps both under the next free name', () => {
		queue.clashed(1, nothingTaken);
		queue.answer(1, 'both', false, (_, name) => name === 'a (2).txt');
		expect(queue.uploads[0]).toMatchObject({ state: 'waiting', target: 'a (3).txt', name: 'a.txt' });
	});

	it('tries the next name when that one was taken meanwhile', () => {
		queue.clashed(1, nothingTaken);
		queue.answer(1, 'both', true, nothingTaken);
		queue.saved(2, 1, []);
		queue.start();
		queue.clashed(1, (name) => name === 'a (2).txt');
		expect(queue.uploads[0]).toMatchObject({ state: 'waiting', target: 'a (3).txt' });
	});
});

describe('a lost connection', () => {
	beforeEach(() => {
		queue.add(to, [file('a'), file('b')]);
		queue.start();
	});

	it('is tried again by itself, later each time, and given up in the end', () => {
		const rests: number[] = [];
		for (let tries = 0; tries < 4; tries += 1) {
			queue.dropped(1, offline, 0);
			rests.push(queue.uploads[0]?.restsUntil ?? -1);
			expect(queue.wake(60_000)).toBeNull();
			queue.start();
		}
		expect(rests).toEqual([2_000, 5_000, 15_000, 30_000]);
		queue.dropped(1, offline, 0);
		expect(queue.uploads[0]).toMatchObject({ state: 'failed', problem: offline });
	});

	it('rests as long as the program asks for', () => {
		queue.dropped(1, new Problem('Later.', 429, 'too-many', null, {}, 40), 1_000);
		expect(queue.uploads[0]?.restsUntil).toBe(41_000);
	});

	it('says when to look again', () => {
		queue.dropped(1, offline, 0);
		queue.dropped(2, offline, 1_000);
		expect(queue.wake(1_500)).toBe(2_000);
		expect(queue.wake(2_000)).toBe(3_000);
		expect(states()).toEqual(['waiting', 'resting']);
	});

	it('can be tried again by hand, with all its tries', () => {
		queue.failed(1, new Problem('Full.', 507, 'over-quota'));
		queue.retry(1);
		expect(queue.uploads[0]).toMatchObject({ state: 'waiting', tries: 0, problem: null, sent: 0 });
		expect(queue.start().map((upload) => upload.id)).toEqual([1]);
	});
});

describe('the account of it', () => {
	it('counts what is open, saved, skipped and failed, and forgets what was cancelled', () => {
		queue.add(
			to,
			['a', 'b', 'c', 'd', 'e'].map((name) => file(name)),
		);
		queue.start();
		queue.saved(1, 1, []);
		queue.failed(2, offline);
		queue.clashed(3, nothingTaken);
		queue.answer(3, 'skip', false, nothingTaken);
		queue.cancel(5);
		expect(queue.totals).toEqual({
			count: 4,
			open: 1,
			saved: 1,
			failed: 1,
			skipped: 1,
			bytes: 300,
			sent: 100,
		});
	});

	it('keeps what failed until someone decides', () => {
		queue.add(to, [file('a'), file('b')]);
		queue.start();
		queue.saved(1, 1, []);
		queue.failed(2, offline);
		queue.clear();
		expect(queue.uploads.map((upload) => upload.name)).toEqual(['b']);
		queue.retry(2);
		expect(queue.start()).toHaveLength(1);
	});
});
