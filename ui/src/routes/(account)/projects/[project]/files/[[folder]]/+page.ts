import { readFile, readFolder, weighFolder } from '$lib/api/files';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, untrack }) => {
	const folder = params.folder ?? null;
	depends(keys.files(params.project), keys.folder(folder ?? params.project));
	// Only waited for: a project that has changed has no other files for that.
	const signedIn = untrack(parent);
	try {
		await signedIn;
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
		refuse(thrown);
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
