import { describe, expect, it } from 'vitest';
import { formats } from './format';

const en = formats('en', 'Europe/Paris');
const fr = formats('fr', 'Europe/Paris');
/** Spaces that do not break read like any other. */
const plain = (text: string) => text.replace(/[\u00a0\u202f]/g, ' ');

describe('sizes', () => {
	it.each([
		[0, '0 B', '0 o'],
		[999, '999 B', '999 o'],
		[96_400, '96 kB', '96 ko'],
		[999_600, '1.0 MB', '1,0 Mo'],
		[18_200_000, '18.2 MB', '18,2 Mo'],
		[824_000_000, '824 MB', '824 Mo'],
		[1_300_000_000, '1.3 GB', '1,3 Go'],
	])('of %i bytes', (bytes, english, french) => {
		expect(plain(en.size(bytes))).toBe(english);
		expect(plain(fr.size(bytes))).toBe(french);
	});

	it('says limits in the unit in which they were set', () => {
		expect(plain(en.limit(50 * 2 ** 30))).toBe('50 GiB');
		expect(plain(fr.limit(10 * 2 ** 30))).toBe('10 Gio');
		expect(plain(en.limit(20_000_000_000))).toBe('20.0 GB');
	});

	it('gives speeds', () => {
		expect(plain(en.speed(9_100_000))).toBe('9.1 MB/s');
		expect(plain(fr.speed(9_100_000))).toBe('9,1 Mo/s');
	});
});

it.each([
	[0.2, '1 s'],
	[52, '52 s'],
	[61, '2 min'],
	[3_600, '1 h'],
	[7_500, '2 h 5 min'],
])('a span of %d seconds', (seconds, words) => {
	expect(plain(en.span(seconds))).toBe(words);
	expect(plain(fr.span(seconds))).toBe(words);
});

describe('moments', () => {
	// Half past midnight in Paris, still the day before in UTC.
	const now = new Date('2026-11-22T23:30:00Z');

	it('counts days in the zone of the person', () => {
		expect(en.moment('2026-11-22T23:10:00Z', now)).toBe('Today, 00:10');
		expect(en.moment('2026-11-22T16:40:00Z', now)).toBe('Yesterday, 17:40');
		expect(fr.moment('2026-11-22T16:40:00Z', now)).toBe('Hier, 17:40');
		expect(en.momentWithin('2026-11-22T23:10:00Z', now)).toBe('today, 00:10');
		expect(fr.momentWithin('2026-11-22T23:10:00Z', now)).toBe('aujourd’hui, 00:10');
		expect(fr.momentWithin('2026-11-12T08:00:00Z', now)).toBe('12 nov.');
	});

	it('gives the date of older ones, with the year where it is another', () => {
		expect(en.moment('2026-11-12T08:00:00Z', now)).toBe('12 Nov');
		expect(fr.moment('2026-11-12T08:00:00Z', now)).toBe('12 nov.');
		expect(en.moment('2025-11-12T08:00:00Z', now)).toBe('12 Nov 2025');
	});

	it('says only the hour of today where that is clear', () => {
		expect(en.brief('2026-11-22T23:10:00Z', now)).toBe('00:10');
		expect(fr.brief('2026-11-22T16:40:00Z', now)).toBe('Hier, 17:40');
	});

	it('names the day of a heading', () => {
		expect(en.longDay(now)).toBe('Monday 23 November');
		expect(fr.longDay(now)).toBe('Lundi 23 novembre');
	});

	it('stands by UTC where a zone is unknown', () => {
		expect(formats('en', 'Mars/Olympus').time('2026-11-22T23:10:00Z')).toBe('23:10');
	});
});

it('joins names as the language does', () => {
	expect(en.list(['Paris', 'Frankfurt'])).toBe('Paris and Frankfurt');
	expect(fr.list(['Paris', 'Francfort'])).toBe('Paris et Francfort');
});
