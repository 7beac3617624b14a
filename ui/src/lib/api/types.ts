/**
 * The names by which the pages speak of what the API sends. Everything here is taken from the
 * generated `schema.d.ts`; only that file changes when the API does.
 */
import type { components } from './schema';

type Schemas = components['schemas'];

export type Door = Schemas['Door'];
export type InstallationDoor = Extract<Door, { kind: 'installation' }>;
export type AccountDoor = Extract<Door, { kind: 'account' }>;
export type AccountName = Schemas['AccountName'];
export type NewAccount = Schemas['NewAccount'];
export type Account = Schemas['Account'];
export type Session = Schemas['Session'];
export type Person = Schemas['Person'];
export type Role = Person['role'];
export type ProfileChange = Schemas['ProfileChange'];
export type Invitation = Schemas['Invitation'];
export type InvitationFound = Schemas['InvitationFound'];
export type NewInvitation = Schemas['NewInvitation'];
export type Acceptance = Schemas['Acceptance'];
export type AppPassword = Schemas['AppPassword'];
export type AppPasswordSecret = Schemas['AppPasswordSecret'];
export type Ref = Schemas['Ref'];
export type Project = Schemas['Project'];
export type Dye = Project['dye'];
export type Entry = Schemas['Entry'];
export type EntryWithPath = Schemas['EntryWithPath'];
export type UnfinishedUpload = Schemas['Unfinished'];
export type TrashedEntry = Schemas['TrashedEntry'];
export type EntryOutcome = Schemas['EntryOutcome'];
export type Copy = Schemas['Copy'];
export type Version = Schemas['Version'];
export type Trust = Schemas['Trust'];
export type TrustRow = Schemas['TrustRow'];
export type TrustState = Schemas['TrustState'];
export type JournalEntry = Schemas['JournalEntry'];
export type LiveMessage = Schemas['LiveMessage'];
export type LiveChange = Schemas['LiveChange'];

/** One page of a list, with where the next one starts. */
export interface Page<T> {
	items: T[];
	next?: string | null;
}
