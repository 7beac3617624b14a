import { expect, it } from 'vitest';
import type { JournalEntry } from '$lib/api/types';
import { joined } from './pages';

const page = (ids: string, next: string | null) => ({
	items: [...ids].map((id) => ({ id }) as JournalEntry),
	next,
});
const seen = ({ items, next }: ReturnType<typeof joined>) => [items.map(({ id }) => id).join(''), next];

it('keeps the older entries behind a first page that was read again', () => {
	expect(seen(joined(page('hgf', 'f'), page('gfedc', 'c')))).toEqual(['hgfedc', 'c']);
	expect(seen(joined(page('gf', 'f'), page('gf', 'f')))).toEqual(['gf', 'f']);
});

it('begins anew where more has happened than a page holds', () => {
	expect(seen(joined(page('zyx', 'x'), page('gfe', 'e')))).toEqual(['zyx', 'x']);
});

it('begins with nothing', () => {
	expect(seen(joined(page('a', null), page('', null)))).toEqual(['a', null]);
	expect(seen(joined(page('', null), page('a', null)))).toEqual(['', null]);
});
