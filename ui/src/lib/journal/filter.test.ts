import { expect, it } from 'vitest';
import type { JournalEntry } from '$lib/api/types';
import { filterFrom, filterText, isWanted, SORTS, wantsAll } from './filter';

const entry = (kind: JournalEntry['kind'], actor: string | null, project: string | null): JournalEntry => ({
	id: 'e',
	at: '2026-11-23T08:00:00Z',
	kind,
	actor: actor === null ? null : { id: actor, name: actor, guest: false, picture: null },
	project: project === null ? null : { id: project, name: project },
	subject: null,
});

it('stands in the address, and nonsense there wants everything', () => {
	const filter = { person: 'noor', kind: 'files', project: 'harbour' } as const;
	expect(filterText(filter)).toBe('?person=noor&kind=files&project=harbour');
	expect(filterFrom(new URLSearchParams(filterText(filter)))).toEqual(filter);
	const none = filterFrom(new URLSearchParams('kind=nonsense&other=1'));
	expect(wantsAll(none)).toBe(true);
	expect(filterText(none)).toBe('');
});

it('wants what fits every part of it', () => {
	const wanted = (text: string, each: JournalEntry) => isWanted(each, filterFrom(new URLSearchParams(text)));
	expect(wanted('', entry('mail-refused', null, null))).toBe(true);
	expect(wanted('person=noor', entry('file-added', 'noor', 'harbour'))).toBe(true);
	expect(wanted('person=noor', entry('file-added', 'tom', 'harbour'))).toBe(false);
	expect(wanted('person=noor', entry('mail-refused', null, null))).toBe(false);
	expect(wanted('kind=files&project=harbour', entry('trash-emptied', 'tom', 'harbour'))).toBe(true);
	expect(wanted('kind=people', entry('app-password-created', 'tom', null))).toBe(true);
	expect(wanted('kind=account', entry('app-password-created', 'tom', null))).toBe(false);
});

it.each([
	'account-opened',
	'person-invited',
	'invitation-withdrawn',
	'reset-link-made',
	'mail-refused',
	'version-restored',
	'project-restored',
	'entry-copied',
] as const)('%s belongs to one sort', (kind) => {
	const sorts = SORTS.filter((sort) =>
		isWanted(entry(kind, null, null), { person: null, project: null, kind: sort }),
	);
	expect(sorts).toHaveLength(1);
});
