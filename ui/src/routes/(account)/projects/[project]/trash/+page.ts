import { readTrash } from '$lib/api/files';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends }) => {
	depends('palisade:trash');
	await parent();
	try {
		return { trashed: await readTrash(params.project) };
	} catch (thrown) {
		refuse(thrown);
	}
};
