import { error } from '@sveltejs/kit';
import { m } from '$lib/paraglide/messages';
import type { PageLoad } from './$types';

/** An address at which no page stands is told so where one is, and not outside of everything. */
export const load: PageLoad = () => {
	error(404, { message: m.not_found_title() });
};
