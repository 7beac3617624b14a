import type { HandleClientError } from '@sveltejs/kit';
import { m } from '$lib/paraglide/messages';

/** What no page foresaw. A wrong address is nobody's fault; the rest is told to whoever looks for it. */
export const handleError: HandleClientError = ({ error, status }) => {
	if (status !== 404) reportError(error);
	return { message: m.problem_unknown() };
};
