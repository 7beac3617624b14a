import { readFile, readFolder } from '$lib/api/files';
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
		return { place, entries };
	} catch (thrown) {
		refuse(thrown);
	}
};
