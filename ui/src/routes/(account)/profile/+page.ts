import { readAppPasswords, readProfile } from '$lib/api/people';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	depends('palisade:profile');
	await parent();
	const [profile, appPasswords] = await Promise.all([readProfile(), readAppPasswords()]);
	return { profile, appPasswords };
};
