import { error } from '@sveltejs/kit';
import { Problem } from '$lib/api/problem';
import { readProject } from '$lib/api/projects';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = async ({ params, parent, depends }) => {
	depends('palisade:project');
	await parent();
	try {
		return { project: await readProject(params.project) };
	} catch (thrown) {
		if (Problem.is(thrown)) error(thrown.status || 503, { message: thrown.message });
		throw thrown;
	}
};
