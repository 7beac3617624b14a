/** Uploads that wait to be resumed. Their bytes go another way: see `$lib/uploads`. */
import { api, ask, items } from './client';
import type { UnfinishedUpload } from './types';

const TUS = { 'Tus-Resumable': '1.0.0' };

export const unfinishedUploads = (project: string): Promise<UnfinishedUpload[]> =>
	items(api.GET('/api/v1/projects/{id}/uploads', { params: { path: { id: project } } }));

export const discardUpload = (id: string) =>
	ask(api.DELETE('/api/v1/uploads/{id}', { params: { path: { id }, header: TUS } }));
