import type { ClientInit, HandleClientError } from '@sveltejs/kit';
import { doorTo, isInside } from '$lib/door/place';
import { m } from '$lib/paraglide/messages';
import { isKnown } from '$lib/state/session';

/**
 * Whoever has never signed in here is sent to the door before the router fetches the pages inside: it
 * fetches a page before it asks whether the page may be shown.
 */
export const init: ClientInit = () => {
	if (!isKnown() && isInside(location.pathname))
		history.replaceState(history.state, '', doorTo(location.pathname + location.search));
};

/** What no page foresaw. A wrong address is nobody's fault; the rest is told to whoever looks for it. */
export const handleError: HandleClientError = ({ error, status }) => {
	if (status !== 404) reportError(error);
	return { message: m.problem_unknown() };
};
