import { expect, it } from 'vitest';
import { filterFrom, filterText, NOTHING, queryFor, wantsAll } from './filter';

const NOOR = '019a2b3c-0000-7000-8000-000000000001';
const HARBOUR = '019a2b3c-0000-7000-8000-000000000002';

it('stands in the address, and nonsense there wants everything', () => {
	const filter = {
		person: NOOR,
		kind: 'files',
		project: HARBOUR,
		from: '2026-11-01',
		until: '2026-11-23',
	};
	expect(filterText(filter)).toBe(
		`?person=${NOOR}&kind=files&project=${HARBOUR}&from=2026-11-01&until=2026-11-23`,
	);
	expect(filterFrom(new URLSearchParams(filterText(filter)))).toEqual(filter);
	for (const nonsense of ['kind=nonsense&other=1', 'person=noor', 'from=2026-13-40', 'until=yesterday']) {
		expect(filterFrom(new URLSearchParams(nonsense))).toEqual(NOTHING);
	}
	expect(wantsAll(NOTHING)).toBe(true);
	expect(filterText(NOTHING)).toBe('');
});

it('asks for one kind as well as for a group of them', () => {
	for (const kind of ['people', 'file-added']) {
		expect(filterFrom(new URLSearchParams({ kind })).kind).toBe(kind);
	}
});

it('asks for whole days, the last one too', () => {
	const filter = { ...NOTHING, from: '2026-11-23', until: '2026-11-23' };
	expect(queryFor(filter, 'Europe/Paris')).toEqual({
		after: '2026-11-22T23:00:00.000Z',
		before: '2026-11-23T23:00:00.000Z',
	});
	expect(queryFor(NOTHING, 'UTC')).toEqual({});
});
