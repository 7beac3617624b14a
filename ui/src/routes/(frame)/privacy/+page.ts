import { readPrivacy } from '$lib/api/account';
import { language } from '$lib/language/language.svelte';
import { refuse } from '$lib/state/arrival';
import type { PageLoad } from './$types';

export const load: PageLoad = async ({ parent, depends }) => {
	depends('palisade:privacy');
	const asked = language.current;
	await parent();
	try {
		return { asked, ...(await readPrivacy(asked)) };
	} catch (thrown) {
		refuse(thrown);
	}
};
