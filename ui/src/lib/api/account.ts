/** The installation's door, the opening of an account, and the account as a whole. */
import { api, ask, ifMatch, onceKey } from './client';
import type { Account, AccountName, Door, NewAccount, Trust } from './types';

export const readDoor = (): Promise<Door> => ask(api.GET('/api/v1/door'));

export const readAccountName = (name: string, signal: AbortSignal): Promise<AccountName> =>
	ask(api.GET('/api/v1/account-names/{name}', { params: { path: { name } }, signal }));

export const openAccount = (body: NewAccount) =>
	ask(api.POST('/api/v1/accounts', { body, headers: { 'Idempotency-Key': onceKey() } }));

export const readAccount = (): Promise<Account> => ask(api.GET('/api/v1/account'));

export const changeAccount = (
	account: Account,
	change: Partial<Pick<Account, 'title' | 'new_version_on_same_name'>>,
) => ask(api.PATCH('/api/v1/account', { params: { header: ifMatch(account) }, body: change }));

/** What is promised here, and what shows that it holds. */
export const readTrust = (): Promise<Trust> => ask(api.GET('/api/v1/trust'));

/** What is looked for in the journal: times are moments, not days. */
export interface JournalQuery {
	person?: string | undefined;
	kind?: string | undefined;
	project?: string | undefined;
	after?: string | undefined;
	before?: string | undefined;
}

const ENTRIES = 100;

/** The newest entries of the journal that are wanted, one page at a time. */
export const readJournal = (query: JournalQuery = {}, cursor?: string, limit = ENTRIES) =>
	ask(api.GET('/api/v1/journal', { params: { query: { ...query, cursor, limit } } }));

export const readProjectJournal = (
	id: string,
	query: Omit<JournalQuery, 'project'> = {},
	cursor?: string,
	limit = ENTRIES,
) =>
	ask(
		api.GET('/api/v1/projects/{id}/journal', {
			params: { path: { id }, query: { ...query, cursor, limit } },
		}),
	);
