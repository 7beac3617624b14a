/** Projects: create, rename, archive, restore. */
import { api, ask, ifMatch, onceKey, items } from './client';
import type { Dye, Project } from './types';

export const readProjects = (state: Project['state']) =>
	items(api.GET('/api/v1/projects', { params: { query: { state } } }));

export const readProject = (id: string) =>
	ask(api.GET('/api/v1/projects/{id}', { params: { path: { id } } }));

export const createProject = (name: string, dye: Dye) =>
	ask(api.POST('/api/v1/projects', { body: { name, dye }, headers: { 'Idempotency-Key': onceKey() } }));

export const changeProject = (project: Project, body: { name?: string; dye?: Dye }) =>
	ask(
		api.PATCH('/api/v1/projects/{id}', {
			params: { path: { id: project.id }, header: ifMatch(project) },
			body,
		}),
	);

export const archiveProject = (project: Project) =>
	ask(
		api.PUT('/api/v1/projects/{id}/archive', {
			params: { path: { id: project.id }, header: ifMatch(project) },
		}),
	);

export const restoreProject = (project: Project) =>
	ask(
		api.DELETE('/api/v1/projects/{id}/archive', {
			params: { path: { id: project.id }, header: ifMatch(project) },
		}),
	);

/** Who may see a project. Not for guests. */
export const readProjectPeople = (id: string) =>
	items(api.GET('/api/v1/projects/{id}/people', { params: { path: { id } } }));

/** The files that were changed last, with the folders that lead to them. */
export const readLatestFiles = (id: string, limit: number) =>
	items(api.GET('/api/v1/projects/{id}/latest-files', { params: { path: { id }, query: { limit } } }));
