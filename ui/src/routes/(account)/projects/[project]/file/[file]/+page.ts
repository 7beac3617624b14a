import { error, redirect } from '@sveltejs/kit';
import { readFile } from '$lib/api/files';
import { Problem } from '$lib/api/problem';
import type { Entry } from '$lib/api/types';
import type { PageLoad } from './$types';

/** Leads to where a file or folder lies now, whatever was moved since the link was made. */
export const load: PageLoad = async ({ params, parent }) => {
	await parent();
	let entry: Entry;
	try {
		entry = await readFile(params.file);
	} catch (thrown) {
		if (Problem.is(thrown)) error(thrown.status || 503, { message: thrown.message });
		throw thrown;
	}
	const root = `/projects/${entry.project}/files`;
	if (entry.kind === 'folder') redirect(307, `${root}/${entry.id}`);
	redirect(307, `${root}${entry.parent ? `/${entry.parent}` : ''}?file=${entry.id}`);
};
