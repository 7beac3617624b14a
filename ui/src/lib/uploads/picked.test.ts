import { describe, expect, it } from 'vitest';
import { fromDrop } from './picked';

const file = (name: string, unreadable = false) => ({
	name,
	isFile: true,
	isDirectory: false,
	file: (fulfil: (file: File) => void, refuse: (why: Error) => void) => {
		if (unreadable) refuse(new Error('locked by another program'));
		else fulfil(new File(['x'], name));
	},
});
const folder = (name: string, ...inside: object[]) => ({
	name,
	isFile: false,
	isDirectory: true,
	createReader: () => {
		const parts = [inside, []];
		return { readEntries: (fulfil: (part: object[]) => void) => fulfil(parts.shift() ?? []) };
	},
});
const dropped = (...entries: object[]) =>
	({
		items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })),
	}) as unknown as DataTransfer;

describe('a drop', () => {
	it('brings folders with their files, and those that are empty', async () => {
		const { files, emptyFolders } = await fromDrop(
			dropped(file('a.txt'), folder('Quay', file('b.txt'), folder('Empty'))),
		);
		expect(files.map(({ name, folders }) => [...folders, name].join('/'))).toEqual(['a.txt', 'Quay/b.txt']);
		expect(emptyFolders).toEqual([['Quay', 'Empty']]);
	});

	it('names what cannot be read, and brings the others', async () => {
		const { files, unreadable } = await fromDrop(
			dropped(file('good'), file('locked', true), folder('Quay', file('locked too', true), file('fine'))),
		);
		expect(files.map(({ name }) => name)).toEqual(['good', 'fine']);
		expect(unreadable).toEqual(['locked', 'locked too']);
	});
});
