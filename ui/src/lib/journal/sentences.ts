/** What an entry of the journal says: who did what, in a sentence with the thing in its place. */
import type { JournalEntry } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';

/** A sign that no message contains: where the name of the thing belongs. */
const HERE = '\u0001';

type Words = (args: { thing: string }) => string;

const SENTENCES: Record<string, Words> = {
	'account-opened': m.journal_account_opened,
	'account-changed': m.journal_account_changed,
	'person-invited': m.journal_person_invited,
	'invitation-withdrawn': m.journal_invitation_withdrawn,
	'person-joined': m.journal_person_joined,
	'person-changed': m.journal_person_changed,
	'person-removed': m.journal_person_removed,
	'profile-changed': m.journal_profile_changed,
	'password-changed': m.journal_password_changed,
	'app-password-created': m.journal_app_password_created,
	'app-password-ended': m.journal_app_password_ended,
	'reset-link-made': m.journal_reset_link_made,
	'mail-refused': m.journal_mail_refused,
	'project-created': m.journal_project_created,
	'project-changed': m.journal_project_changed,
	'project-archived': m.journal_project_archived,
	'project-restored': m.journal_project_restored,
	'folder-created': m.journal_folder_created,
	'file-added': m.journal_file_added,
	'version-added': m.journal_version_added,
	'version-restored': m.journal_version_restored,
	'entry-renamed': m.journal_entry_renamed,
	'entry-moved': m.journal_entry_moved,
	'entry-copied': m.journal_entry_copied,
	'entry-trashed': m.journal_entry_trashed,
	'entry-restored': m.journal_entry_restored,
	'entry-deleted': m.journal_entry_deleted,
	'trash-emptied': m.journal_trash_emptied,
};

/** What is said of one thing to which the same was done more than once. */
const REPEATED: Record<string, (args: { thing: string; count: number }) => string> = {
	'version-added': m.journal_versions_added,
};

/** Whether an entry can be of this kind. */
export const isKind = (kind: string): boolean => Object.hasOwn(SENTENCES, kind);

/** A kind without its thing: "added …". */
export const kindName = (kind: string): string => SENTENCES[kind]?.({ thing: '…' }) ?? kind;

export interface Sentence {
	before: string;
	thing: string | null;
	after: string;
}

/**
 * The sentence after the actor's name, for what was done so many times. A kind that this page does not
 * know is shown by its own name.
 */
export function sentence(entry: Pick<JournalEntry, 'kind' | 'subject'>, times = 1): Sentence {
	const words = (times > 1 && REPEATED[entry.kind]) || SENTENCES[entry.kind];
	if (!words) return { before: `${entry.kind} `, thing: entry.subject?.name ?? null, after: '' };
	const [before = '', after] = words({ thing: HERE, count: times }).split(HERE);
	return { before, thing: after === undefined ? null : (entry.subject?.name ?? ''), after: after ?? '' };
}

/** All of it as one text: "Noor Haddad added plan.pdf". */
export function whatOf(entry: JournalEntry): string {
	const { before, thing, after } = sentence(entry);
	return `${entry.actor?.name ?? 'Palisade'} ${before}${thing ?? ''}${after}`;
}

/** Where the thing of an entry can be looked at; null where it cannot, or no longer. */
export function placeOf(entry: JournalEntry): string | null {
	if (entry.project === null || entry.subject === null) return null;
	const root = `/projects/${entry.project.id}`;
	if (entry.kind === 'entry-trashed') return `${root}/trash`;
	if (entry.kind === 'entry-deleted' || entry.kind === 'trash-emptied') return null;
	if (/^(file|version|entry)-/.test(entry.kind)) return `${root}/file/${entry.subject.id}`;
	if (entry.kind.startsWith('folder-')) return `${root}/files/${entry.subject.id}`;
	return root;
}
