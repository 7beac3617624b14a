import { redirect } from '@sveltejs/kit';
import { arrive } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async () => {
	const { door } = await arrive();
	if (door.kind !== 'installation') redirect(307, '/');
	return { door };
};
