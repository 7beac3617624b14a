/** What one is typing and has not sent, as the program keeps it: sealed, for oneself alone. */
import { api, ask, items } from './client';

export type Fields = Record<string, unknown>;

export const readDrafts = () => items(api.GET('/api/v1/drafts'));
export const readDraft = (form: string) =>
	ask(api.GET('/api/v1/drafts/{form}', { params: { path: { form } } }));
/** `leaving` is sent also where the page is gone before the answer. */
export const keepDraft = (form: string, fields: Fields, leaving: boolean) =>
	ask(api.PUT('/api/v1/drafts/{form}', { params: { path: { form } }, body: { fields }, keepalive: leaving }));
export const forgetDraft = (form: string, leaving: boolean) =>
	ask(api.DELETE('/api/v1/drafts/{form}', { params: { path: { form } }, keepalive: leaving }));
