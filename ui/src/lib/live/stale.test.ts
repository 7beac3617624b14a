import { expect, it } from 'vitest';
import { keys, staleAfter } from './stale';

const ME = 'me';

it('reads again the folder that changed, and no other', () => {
	const stale = staleAfter(
		{ topics: ['files', 'journal'], project: 'p', folders: ['f'], ids: ['e'], by: 'other' },
		ME,
	);
	expect(stale).toContain(keys.folder('f'));
	expect(stale).toContain(keys.entry('e'));
	expect(stale).toContain(keys.journalOf('p'));
	expect(stale).not.toContain(keys.files('p'));
	expect(stale).not.toContain(keys.session);
});

it('reads all files of a project where nobody says which', () => {
	expect(staleAfter({ topics: ['files'], project: 'p' }, ME)).toContain(keys.files('p'));
});

it('asks anew who one is only where it may be about oneself', () => {
	const people = (ids?: string[]) => staleAfter({ topics: ['people'], ids }, ME);
	expect(people(['other'])).toEqual([keys.people]);
	expect(people([ME])).toContain(keys.session);
	expect(people()).toContain(keys.session);
});
