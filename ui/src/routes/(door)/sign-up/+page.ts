import { redirect } from '@sveltejs/kit';
import type { PageLoad } from './$types';

/** Accounts are opened at the installation's own address. */
export const load: PageLoad = async ({ parent }) => {
	const { door } = await parent();
	if (door.kind !== 'installation') redirect(307, '/');
	return { door };
};
