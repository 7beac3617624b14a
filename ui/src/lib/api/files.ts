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

/** The same, and how much a folder holds with all that is below it. */
export const weighFolder = (id: string) =>
	ask(api.GET('/api/v1/files/{id}', { params: { path: { id }, query: { counted: true } } }));

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

/** An entry on its way to another place or name. */
export interface Moving {
	readonly entry: Entry;
	readonly parent: string | null;
	readonly name: string;
}

/** Many at once: one request, and for each what became of it. */
export const moveFiles = (project: string, moving: readonly Moving[]) =>
	items(
		api.POST('/api/v1/projects/{id}/moves', {
			params: { path: { id: project } },
			body: {
				entries: moving.map(({ entry, parent, name }) => ({ ...meant(entry), parent, name })),
			},
			headers: { 'Idempotency-Key': onceKey() },
		}),
	);

const meant = ({ id, revision }: Entry) => ({ id, revision });

export const copyFile = (entry: Entry, parent: string | null, name: string) =>
	ask(
		api.POST('/api/v1/files/{id}/copies', {
			params: { path: { id: entry.id } },
			body: { parent, name },
			headers: { 'Idempotency-Key': onceKey() },
		}),
	);

export const trashFiles = (project: string, entries: readonly Entry[]) =>
	items(
		api.POST('/api/v1/projects/{id}/trash', {
			params: { path: { id: project } },
			body: { entries: entries.map(meant) },
			headers: { 'Idempotency-Key': onceKey() },
		}),
	);

export const restoreFiles = (project: string, entries: readonly Entry[]) =>
	items(
		api.POST('/api/v1/projects/{id}/restorations', {
			params: { path: { id: project } },
			body: { entries: entries.map(meant) },
			headers: { 'Idempotency-Key': onceKey() },
		}),
	);

/** At which sites the content of a file is held. */
export const readCopies = (id: string) =>
	items(api.GET('/api/v1/files/{id}/copies', { params: { path: { id } } }));

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

export const eraseFile = (entry: Entry) =>
	ask(api.DELETE('/api/v1/trash/{id}', { params: { path: { id: entry.id }, header: ifMatch(entry) } }));

/** The content of a file, as small ones are shown; null where there is none to be had. */
export async function readContent(id: string, signal: AbortSignal): Promise<Blob | null> {
	try {
		const answer = await fetch(contentAddress(id), { signal });
		return answer.ok ? await answer.blob() : null;
	} catch {
		return null;
	}
}

/** Where a file's content is downloaded from; `version` for an older one. */
export function contentAddress(id: string, version?: string): string {
	const query = new URLSearchParams({ download: '1' });
	if (version !== undefined) query.set('version', version);
	return `/api/v1/files/${encodeURIComponent(id)}/content?${query}`;
}
