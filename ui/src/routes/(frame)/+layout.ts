import { keys } from '$lib/live/stale';
import { arrive } from '$lib/state/arrival';
import type { LayoutLoad } from './$types';

export const load: LayoutLoad = ({ depends }) => {
	depends(keys.session);
	return arrive();
};
