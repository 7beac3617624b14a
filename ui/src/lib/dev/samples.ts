/** Things to show components with. They are of no account. */
import type { Account, Entry, JournalEntry, Project, TrashedEntry } from '$lib/api/types';

export const PEOPLE = [
	{ id: '019a0000-0000-7000-8000-000000000001', name: 'Inès Moreau', guest: false, picture: null },
	{ id: '019a0000-0000-7000-8000-000000000002', name: 'Noor Haddad', guest: false, picture: null },
	{ id: '019a0000-0000-7000-8000-000000000003', name: 'Camille Le Port', guest: true, picture: null },
];
const [ines, noor] = PEOPLE;

const now = new Date();
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000).toISOString();

const FILE: Entry = {
	id: 'f1',
	project: 'p1',
	parent: null,
	kind: 'file',
	name: 'Stage plan, east quay.pdf',
	size: 18_200_000,
	items: null,
	bytes: null,
	version: 4,
	created_at: ago(500),
	changed_at: ago(2),
	changed_by: noor ?? null,
	sites: ['paris', 'frankfurt'],
	at_risk: false,
	revision: 5,
};
export const TRASHED: TrashedEntry = {
	...FILE,
	path: [{ id: 'd1', name: 'East quay' }],
	trashed_at: ago(30),
	trashed_by: ines ?? null,
	erased_at: ago(-700),
};
export const LAST_DAYS: TrashedEntry = {
	...TRASHED,
	id: 'f2',
	name: 'Draft letter.docx',
	erased_at: ago(-40),
};

export const CHANGE: JournalEntry = {
	id: 'e1',
	at: ago(2),
	kind: 'version-added',
	actor: noor ?? null,
	project: { id: 'p1', name: 'Harbour Festival 2027' },
	subject: { id: 'f1', name: FILE.name },
};
export const BY_NOBODY: JournalEntry = {
	...CHANGE,
	id: 'e2',
	kind: 'mail-refused',
	actor: null,
	project: null,
	subject: { id: 'x', name: 'camille@port.example' },
};

export const PROJECT: Project = {
	id: 'p1',
	name: 'Harbour Festival 2027',
	dye: 'lake',
	state: 'active',
	created_at: ago(900),
	created_by: ines ?? null,
	revision: 1,
	files: 128,
	bytes: 2_300_000_000,
	may_edit: true,
	may_manage: true,
	last_change: CHANGE,
};
export const FRESH: Project = {
	...PROJECT,
	id: 'p2',
	name: 'Winter market',
	dye: 'moss',
	files: 0,
	bytes: 0,
	may_manage: false,
	last_change: null,
};

export const account = (share: number): Account => ({
	name: 'mirabel',
	title: 'Mirabel',
	address: 'https://mirabel.palisade.example',
	used_bytes: share * 10 * 2 ** 30,
	quota_bytes: 10 * 2 ** 30,
	new_version_on_same_name: 'ask',
	max_file_bytes: 50 * 2 ** 30,
	trash_days: 30,
	revision: 1,
});
