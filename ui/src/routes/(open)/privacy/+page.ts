import { readPrivacy } from '$lib/api/account';
import { language } from '$lib/language/language.svelte';
import { arrive, refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ depends }) => {
	depends('palisade:privacy');
	const asked = language.current;
	await arrive();
	try {
		return { asked, ...(await readPrivacy(asked)) };
	} catch (thrown) {
		refuse(thrown);
	}
};
