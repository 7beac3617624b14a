import { readTrust } from '$lib/api/trust';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

/** Open to everybody: at an account's address and at the installation's. */
export const load: PageLoad = async ({ parent }) => {
	await parent();
	try {
		return { trust: await readTrust() };
	} catch (thrown) {
		refuse(thrown);
	}
};
