import { readFile, readFolder, weighFolder } from '$lib/api/files';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
	depends('palisade:files');
	const folder = params.folder ?? null;
	const signedIn = parent();
	try {
		await signedIn;
		const [place, entries] = await Promise.all([
			folder === null ? null : readFile(folder),
			readFolder(params.project, folder),
		]);
		return { place, entries, weight: weight(folder) };
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
