import { describe, expect, it, vi } from 'vitest';
import { Problem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import { Folders, type FolderSource } from './folders';
import { UploadQueue } from './queue';
import { UploadRunner } from './runner';
import type { Sending } from './transport';

type Kept = Pick<Entry, 'id' | 'name' | 'kind'> & { parent: string | null };

/** A program in memory: folders and files by name. */
function place(kept: Kept[] = []) {
	let next = 1;
	const source: FolderSource = {
		list: vi.fn(async (_project, folder) => kept.filter((entry) => entry.parent === folder)),
		create: vi.fn(async (_project, parent, name) => {
			const made: Kept = { id: `made-${next++}`, name, kind: 'folder', parent };
			kept.push(made);
			return made;
		}),
	};
	return { kept, source };
}

function run(kept: Kept[], send: (sending: Sending) => Promise<Entry>) {
	const { source } = place(kept);
	const queue = new UploadQueue<Blob>(3);
	const later: (() => void)[] = [];
	const settled = vi.fn();
	const discard = vi.fn();
	let keys = 0;
	const runner = new UploadRunner(queue, new Folders(source, (name) => `${name} is a file`), {
		send,
		discard,
		onceKey: () => `key-${(keys += 1)}`,
		now: () => 0,
		later: (act) => {
			later.push(act);
			return () => undefined;
		},
		changed: () => undefined,
		arrived: () => undefined,
		settled,
		unreadable: (name) => `${name} cannot be read`,
	});
	return { queue, runner, source, later, settled, discard };
}

const picked = (name: string, ...folders: string[]) => ({ source: new Blob(['x']), name, folders });
const entry = (sending: Sending): Entry =>
	({ id: sending.name, name: sending.name, kind: 'file', version: 1, sites: ['home'] }) as Entry;
const to = { project: 'p', folder: null };
const rest = () => new Promise((fulfil) => setTimeout(fulfil));

describe('a dropped tree', () => {
	it('makes each folder once, however many files lie in it', async () => {
		const sent: Sending[] = [];
		const { runner, source } = run([], async (sending) => {
			sent.push(sending);
			return entry(sending);
		});
		runner.add(to, [picked('a', 'Plans'), picked('b', 'Plans'), picked('c', 'Plans', 'Old')], 'refuse');
		await rest();
		expect(source.create).toHaveBeenCalledTimes(2);
		expect(sent.map(({ name, parent }) => [name, parent])).toEqual([
			['a', 'made-1'],
			['b', 'made-1'],
			['c', 'made-2'],
		]);
	});

	it('takes the folder that is there, whatever Unicode form its name has', async () => {
		const kept: Kept[] = [{ id: 'there', name: 'Été', kind: 'folder', parent: null }];
		const send = vi.fn(async (sending: Sending) => entry(sending));
		const { runner, source } = run(kept, send);
		runner.add(to, [picked('a', 'E\u0301te\u0301')], 'refuse');
		await rest();
		expect(source.create).not.toHaveBeenCalled();
		expect(send.mock.calls[0]?.[0].parent).toBe('there');
	});

	it('says so where a file stands in the way of a folder', async () => {
		const kept: Kept[] = [{ id: 'f', name: 'Plans', kind: 'file', parent: null }];
		const { runner, queue } = run(kept, async (sending) => entry(sending));
		runner.add(to, [picked('a', 'Plans')], 'refuse');
		await rest();
		expect(queue.uploads[0]?.problem?.message).toBe('Plans is a file');
	});
});

describe('names', () => {
	const kept: Kept[] = [{ id: '1', name: 'plan.pdf', kind: 'file', parent: null }];

	it('asks before a single byte is sent', async () => {
		const send = vi.fn(async (sending: Sending) => entry(sending));
		const { runner, queue } = run(kept, send);
		runner.add(to, [picked('plan.pdf')], 'refuse');
		await rest();
		expect(send).not.toHaveBeenCalled();
		expect(queue.question?.upload.name).toBe('plan.pdf');
		runner.answer(1, 'both', false);
		await rest();
		expect(send.mock.calls[0]?.[0]).toMatchObject({ name: 'plan (2).pdf', onConflict: 'refuse' });
	});

	it('asks nothing where the account always wants a version', async () => {
		const send = vi.fn(async (sending: Sending) => entry(sending));
		const { runner } = run(kept, send);
		runner.add(to, [picked('plan.pdf')], 'version');
		await rest();
		expect(send.mock.calls[0]?.[0].onConflict).toBe('version');
	});

	it('asks when the program says so, because someone was quicker', async () => {
		const send = vi.fn(async (): Promise<Entry> => {
			throw new Problem('Taken.', 409, 'name-taken', null, { name: 'new.pdf', id: '9' });
		});
		const { runner, queue } = run([], send);
		runner.add(to, [picked('new.pdf')], 'refuse');
		await rest();
		expect(queue.question?.upload.name).toBe('new.pdf');
	});
});

describe('what goes wrong', () => {
	it('sends again under the same key after a lost answer, and under another for another decision', async () => {
		const keys: string[] = [];
		const { runner, queue, later } = run([], async (sending) => {
			keys.push(sending.onceKey);
			if (keys.length === 1) throw new Problem('Gone.', 0, 'offline');
			return entry(sending);
		});
		runner.add(to, [picked('a')], 'refuse');
		await rest();
		expect(queue.uploads[0]?.state).toBe('resting');
		expect(later).toHaveLength(1);
		runner.wakeAll();
		await rest();
		expect(keys).toEqual(['key-1', 'key-1']);
		expect(queue.uploads[0]?.state).toBe('saved');
	});

	it('shows a refusal and goes on with the rest', async () => {
		const { runner, queue, settled } = run([], async (sending) => {
			if (sending.name === 'big') throw new Problem('The storage is full.', 507, 'over-quota');
			return entry(sending);
		});
		runner.add(to, [picked('big'), picked('small')], 'refuse');
		await rest();
		expect(queue.uploads.map((upload) => upload.state)).toEqual(['failed', 'saved']);
		expect(queue.uploads[0]?.problem?.message).toBe('The storage is full.');
		expect(settled).toHaveBeenCalled();
	});

	it('breaks off what is cancelled', async () => {
		const { runner, queue } = run(
			[],
			(sending) =>
				new Promise((_, refuse) => {
					sending.signal.addEventListener('abort', () => {
						refuse(new DOMException('cancelled', 'AbortError'));
					});
				}),
		);
		runner.add(to, [picked('a')], 'refuse');
		await rest();
		runner.cancel(1);
		await rest();
		expect(queue.uploads[0]?.state).toBe('cancelled');
		expect(queue.totals.count).toBe(0);
	});
});

describe('a large file', () => {
	const large = { source: new Blob([new Uint8Array(9 * 2 ** 20)]), name: 'film.mov', folders: [] };

	/** A program that takes the upload up, tells how far it has come, and then waits to be stopped. */
	function slow(sent: Sending[]) {
		return (sending: Sending) =>
			new Promise<Entry>((_fulfil, refuse) => {
				sent.push(sending);
				sending.onBegun('upload-1');
				sending.onProgress(4 * 2 ** 20);
				sending.signal.addEventListener('abort', () => {
					refuse(new DOMException('cancelled', 'AbortError'));
				});
			});
	}

	it('is paused where it is, and goes on as the same upload', async () => {
		const sent: Sending[] = [];
		const { runner, queue, discard, settled } = run([], slow(sent));
		runner.add(to, [large], 'refuse');
		await rest();
		runner.pause(1);
		await rest();
		expect(queue.uploads[0]).toMatchObject({ state: 'paused', sent: 4 * 2 ** 20 });
		expect(queue.totals).toMatchObject({ open: 1, sent: 4 * 2 ** 20 });
		expect(settled).not.toHaveBeenCalled();
		runner.retry(1);
		await rest();
		expect(sent.map(({ begun }) => begun)).toEqual([null, 'upload-1']);
		expect(discard).not.toHaveBeenCalled();
	});

	it('that is cancelled leaves nothing at the program, and one that is signed out on does', async () => {
		for (const [act, discarded] of [
			['cancel', ['upload-1']],
			['stop', []],
		] as const) {
			const { runner, discard } = run([], slow([]));
			runner.add(to, [large], 'refuse');
			await rest();
			if (act === 'cancel') runner.cancel(1);
			else runner.stopAll();
			await rest();
			expect(discard.mock.calls.map(([upload]) => upload)).toEqual(discarded);
		}
	});

	it('rests as often as it needs to while it comes further', async () => {
		let reached = 0;
		const { runner, queue, later } = run([], async (sending) => {
			sending.onProgress((reached += 2 ** 20));
			throw new Problem('Offline.', 0, 'offline');
		});
		runner.add(to, [large], 'refuse');
		for (let i = 0; i < 6; i += 1) {
			await rest();
			expect(queue.uploads[0]?.state).toBe('resting');
			queue.wake(Infinity);
			later.at(-1)?.();
		}
	});
});
