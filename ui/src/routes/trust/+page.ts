import { readTrust } from '$lib/api/trust';
import { arrive, refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

/** Open to everybody: at an account's address and at the installation's. */
export const load: PageLoad = async () => {
	const { door, session } = await arrive();
	try {
		return { door, session, trust: await readTrust() };
	} catch (thrown) {
		refuse(thrown);
	}
};
