/** Files and folders, their versions, and the trash. Uploads have a folder of their own. */
import { all, api, ask, ifMatch, onceKey, items } from './client';
import type { Entry } from './types';

/** The most that one answer may hold; a folder of 10,000 entries is one request. */
const PAGE = 10_000;

export const readFolder = (project: string, parent: string | null) =>
	all((cursor) =>
		ask(
			api.GET('/api/v1/projects/{id}/files', {
				params: { path: { id: project }, query: { parent: parent ?? undefined, limit: PAGE, cursor } },
			}),
		),
	);

export const readFile = (id: string) => ask(api.GET('/api/v1/files/{id}', { params: { path: { id } } }));

export const createFolder = (project: string, parent: string | null, name: string) =>
	ask(
		api.POST('/api/v1/projects/{id}/folders', {
			params: { path: { id: project } },
			body: { parent, name },
			headers: { 'Idempotency-Key': onceKey() },
		}),
	);

export const renameFile = (entry: Entry, name: string) =>
	ask(
		api.PATCH('/api/v1/files/{id}', {
			params: { path: { id: entry.id }, header: ifMatch(entry) },
			body: { name },
		}),
	);

export const moveFile = (entry: Entry, parent: string | null, name: string = entry.name) =>
	ask(
		api.PATCH('/api/v1/files/{id}', {
			params: { path: { id: entry.id }, header: ifMatch(entry) },
			body: name === entry.name ? { parent } : { parent, name },
		}),
	);

export const copyFile = (entry: Entry, parent: string | null, name: string) =>
	ask(
		api.POST('/api/v1/files/{id}/copies', {
			params: { path: { id: entry.id } },
			body: { parent, name },
			headers: { 'Idempotency-Key': onceKey() },
		}),
	);

export const trashFile = (entry: Entry) =>
	ask(api.DELETE('/api/v1/files/{id}', { params: { path: { id: entry.id }, header: ifMatch(entry) } }));

export const readVersions = (id: string) =>
	items(api.GET('/api/v1/files/{id}/versions', { params: { path: { id } } }));

export const restoreVersion = (entry: Entry, version: string) =>
	ask(
		api.PUT('/api/v1/files/{id}/current-version', {
			params: { path: { id: entry.id }, header: ifMatch(entry) },
			body: { version },
		}),
	);

export const readTrash = (project: string) =>
	items(api.GET('/api/v1/projects/{id}/trash', { params: { path: { id: project } } }));

export const emptyTrash = (project: string) =>
	ask(api.DELETE('/api/v1/projects/{id}/trash', { params: { path: { id: project } } }));

export const restoreFile = (id: string) =>
	ask(api.PUT('/api/v1/trash/{id}/restoration', { params: { path: { id } } }));

export const eraseFile = (id: string) => ask(api.DELETE('/api/v1/trash/{id}', { params: { path: { id } } }));

/** Where a file's content is downloaded from; `version` for an older one. */
export function contentAddress(id: string, version?: string): string {
	const query = new URLSearchParams({ download: '1' });
	if (version !== undefined) query.set('version', version);
	return `/api/v1/files/${encodeURIComponent(id)}/content?${query}`;
}
