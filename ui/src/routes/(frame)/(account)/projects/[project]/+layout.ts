import { readProject } from '$lib/api/projects';
import { keys } from '$lib/live/stale';
import { refuse } from '$lib/state/arrival';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends, untrack }) => {
	depends(keys.project(params.project));
	// Only waited for: the project is read again where it has changed itself.
	await untrack(parent);
	try {
		return { project: await readProject(params.project) };
	} catch (thrown) {
		refuse(thrown);
	}
};
