import { error } from '@sveltejs/kit';
import { m } from '$lib/paraglide/messages';
import type { PageLoad } from './$types';

/** Every component of the look in each of its states: in development only. What is built for people has none of it. */
export const load: PageLoad = async () => {
	if (import.meta.env.DEV) {
		const { default: Gallery } = await import('$lib/dev/Gallery.svelte');
		return { Gallery };
	}
	error(404, { message: m.not_found_title() });
};
