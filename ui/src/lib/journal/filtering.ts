import { goto } from '$app/navigation';
import { page } from '$app/state';
import { filterText, type Filter } from './filter';

/** Looks for something else: the address says it, so that it can be sent to somebody and come back to. */
export function choose(filter: Filter): void {
	void goto(page.url.pathname + filterText(filter), {
		keepFocus: true,
		noScroll: true,
		replaceState: true,
	});
}
