import { readTrash } from '$lib/api/files';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ params, parent, depends, untrack }) => {
	depends(keys.trash(params.project));
	await untrack(parent);
	try {
		return { trashed: await readTrash(params.project) };
	} catch (thrown) {
		refuse(thrown);
	}
};
