import { error } from '@sveltejs/kit';
import { readTrash } from '$lib/api/files';
import { Problem } from '$lib/api/problem';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
	depends('palisade:trash');
	await parent();
	try {
		return { trashed: await readTrash(params.project) };
	} catch (thrown) {
		if (Problem.is(thrown)) error(thrown.status || 503, { message: thrown.message });
		throw thrown;
	}
};
