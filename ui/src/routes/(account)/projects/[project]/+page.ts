import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

/** A project opens with its files. */
export const load: PageLoad = ({ params }) => {
	redirect(307, `/projects/${params.project}/files`);
};
