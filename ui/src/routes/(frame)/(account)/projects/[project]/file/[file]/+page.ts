import { redirect } from '@sveltejs/kit';
import { readFile } from '$lib/api/files';
import type { Entry } from '$lib/api/types';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

/** Leads to where a file or folder lies now, whatever was moved since the link was made. */
export const load: PageLoad = async ({ params, parent }) => {
	await parent();
	let entry: Entry;
	try {
		entry = await readFile(params.file);
	} catch (thrown) {
		refuse(thrown);
	}
	const root = `/projects/${entry.project}/files`;
	if (entry.kind === 'folder') redirect(307, `${root}/${entry.id}`);
	redirect(307, `${root}${entry.parent ? `/${entry.parent}` : ''}?file=${entry.id}`);
};
