import { describe, expect, it } from 'vitest';
import { isOf } from './waiting';

describe('the file that an upload waits for', () => {
	const upload = { name: 'film.mov', length: 3, modified: 1_764_115_200_000 };
	const file = (content: string, lastModified = upload.modified) =>
		new File([content], 'film.mov', { lastModified });

	it('is the one of the same name, length and last change', () => {
		expect(isOf(upload, 'film.mov', file('abc'))).toBe(true);
		expect(isOf(upload, 'other.mov', file('abc'))).toBe(false);
		expect(isOf(upload, 'film.mov', file('abcd'))).toBe(false);
		expect(isOf(upload, 'film.mov', file('abc', upload.modified + 1))).toBe(false);
	});

	it('is none of which nobody knows when it was changed', () => {
		expect(isOf({ ...upload, modified: null }, 'film.mov', file('abc'))).toBe(false);
		expect(isOf({ ...upload, modified: null }, 'film.mov', new Blob(['abc']))).toBe(false);
	});
});
