import { readProject } from '$lib/api/projects';
import { refuse } from '$lib/state/arrival';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends }) => {
	depends('palisade:project');
	await parent();
	try {
		return { project: await readProject(params.project) };
	} catch (thrown) {
		refuse(thrown);
	}
};
