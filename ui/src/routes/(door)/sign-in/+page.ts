import { redirect } from '@sveltejs/kit';
import { placeInside } from '$lib/door/place';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, url }) => {
	const { door, session } = await parent();
	if (door.kind !== 'account') redirect(307, '/');
	const next = placeInside(url.searchParams.get('next'));
	if (session !== null) redirect(307, next);
	return { door, next };
};
