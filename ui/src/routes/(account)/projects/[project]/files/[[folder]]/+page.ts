import { error } from '@sveltejs/kit';
import { readFile, readFolder } from '$lib/api/files';
import { Problem } from '$lib/api/problem';
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
		if (Problem.is(thrown)) error(thrown.status || 503, { message: thrown.message });
		throw thrown;
	}
};
