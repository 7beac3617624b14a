import { expect, it } from 'vitest';
import { addressName, addressTyped } from './address';

it.each([
	['Mirabel', 'mirabel'],
	['L’Atelier d’Été', 'l-atelier-d-ete'],
	['  Harbour  Festival 2027! ', 'harbour-festival-2027'],
	['Straße & Œuvre', 'strasse-oeuvre'],
	['Łódź', 'lodz'],
	['E\u0301cole', 'ecole'],
	['日本語', ''],
	['---', ''],
	['ﬁne', 'fine'],
])('makes of %s the name %s', (title, name) => {
	expect(addressName(title)).toBe(name);
});

it('is never longer than a label may be, and never ends in a hyphen', () => {
	expect(addressName('a'.repeat(80))).toHaveLength(63);
	expect(addressName(`${'a'.repeat(62)} bcd`)).toBe('a'.repeat(62));
});

it('lets a hyphen stand while one types', () => {
	expect(addressTyped('my-')).toBe('my-');
	expect(addressTyped('-My ')).toBe('my-');
});
