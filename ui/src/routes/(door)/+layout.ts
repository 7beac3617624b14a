import { arrive } from '$lib/state/arrival';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = ({ depends }) => {
	depends('palisade:session');
	return arrive();
};
