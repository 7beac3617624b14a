import { redirect } from '@sveltejs/kit';
import { readFile, readFolder, weighFolder } from '$lib/api/files';
import { Problem } from '$lib/api/problem';
import { keys } from '$lib/live/stale';
import { m } from '$lib/paraglide/messages';
import { refuse } from '$lib/state/arrival';
import { toasts } from '$lib/state/toasts.svelte';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, untrack }) => {
	const folder = params.folder ?? null;
	depends(keys.files(params.project), keys.folder(folder ?? params.project));
	// Only waited for: a project that has changed has no other files for that.
	const signedIn = untrack(parent);
	await signedIn;
	try {
		const askedAt = performance.now();
		const [place, entries] = await Promise.all([
			folder === null ? null : readFile(folder),
			readFolder(params.project, folder),
		]);
		// A folder in the list says how much is in it; and those above have names.
		depends(...entries.flatMap(({ id, kind }) => (kind === 'folder' ? [keys.folder(id)] : [])));
		if (place !== null) depends(...[place.id, ...place.path.map(({ id }) => id)].map(keys.entry));
		return { place, entries, askedAt, weight: weight(folder) };
	} catch (thrown) {
		if (folder === null || !Problem.is(thrown) || thrown.status !== 404) refuse(thrown);
		// Someone has put it away while it was open, or since the link to it was made: the project still stands.
		toasts.refuse(m.folder_gone());
		redirect(307, `/projects/${params.project}/files`);
	}
};

/** It may take a while where much is below, so nothing waits for it. A project knows its own. */
async function weight(folder: string | null): Promise<number | null> {
	if (folder === null) return null;
	try {
		return (await weighFolder(folder)).bytes;
	} catch {
		return null;
	}
}
