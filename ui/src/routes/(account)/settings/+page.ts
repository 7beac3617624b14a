import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent }) => {
	const { session } = await parent();
	const { role } = session.person;
	return { mayChange: role === 'owner' || role === 'admin' };
};
