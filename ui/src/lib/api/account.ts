/** The installation's door, the opening of an account, and the account as a whole. */
import type { Locale } from '$lib/paraglide/runtime';
import { api, ask, ifMatch, onceKey } from './client';
import type { Account, AccountName, Door, JournalEntry, NewAccount } from './types';

export const readDoor = (): Promise<Door> => ask(api.GET('/api/v1/door'));

export const readAccountName = (name: string, signal: AbortSignal): Promise<AccountName> =>
	ask(api.GET('/api/v1/account-names/{name}', { params: { path: { name } }, signal }));

export const readPrivacy = (language: Locale) =>
	ask(api.GET('/api/v1/privacy', { params: { query: { language } } }));

export const openAccount = (body: NewAccount) =>
	ask(api.POST('/api/v1/accounts', { body, headers: { 'Idempotency-Key': onceKey() } }));

export const readAccount = (): Promise<Account> => ask(api.GET('/api/v1/account'));

export const changeAccount = (
	account: Account,
	change: Partial<Pick<Account, 'title' | 'new_version_on_same_name'>>,
) => ask(api.PATCH('/api/v1/account', { params: { header: ifMatch(account) }, body: change }));

/** The newest entries of the journal, one page at a time. */
export const readJournal = (cursor?: string) =>
	ask(api.GET('/api/v1/journal', { params: { query: { cursor, limit: 100 } } }));

export const readProjectJournal = (id: string, cursor?: string) =>
	ask(api.GET('/api/v1/projects/{id}/journal', { params: { path: { id }, query: { cursor, limit: 100 } } }));

export type JournalPage = { items: JournalEntry[]; next?: string | null };
