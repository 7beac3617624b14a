import { expect, it } from 'vitest';
import { formats } from './format';
import { everyFileAt, keptOnlyAt, siteName, siteNames, storedAt } from './sites';

const en = formats('en', 'UTC');

it('writes names as names, in one order', () => {
	const all = ['paris', 'frankfurt', 'new-york'];
	expect(siteNames(all, all)).toEqual(['Frankfurt', 'New-York', 'Paris']);
	expect(storedAt(['paris', 'frankfurt'], all, en)).toBe('Stored at Frankfurt and Paris');
	expect(everyFileAt(['paris'], all, en)).toBe('Every file at Paris');
});

it('calls the one site that nobody has named this server', () => {
	expect(siteName('home', ['home'])).toBe('This server');
	expect(storedAt(['home'], ['home'], en)).toBe('Stored on this server');
	expect(everyFileAt(['home'], ['home'], en)).toBe('Every file on this server');
	expect(keptOnlyAt(['home'], ['home'], en)).toContain('kept on this server and nowhere else');
	// Beside others it is a name like theirs, for a page does not know which of them has answered it.
	expect(siteName('home', ['home', 'paris'])).toBe('Home');
	expect(keptOnlyAt(['lyon'], ['lyon'], en)).toContain('kept at Lyon and nowhere else');
});
