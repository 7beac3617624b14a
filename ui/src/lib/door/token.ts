import { replaceState } from '$app/navigation';
import { tick } from 'svelte';

/**
 * The secret that a link carries behind its #. It is taken out of the address at once, so that it stays
 * neither in the history nor in a picture of the screen.
 */
export function takeToken(): string {
	const token = location.hash.slice(1);
	// The router is not ready while the first page is being made.
	if (token !== '') void tick().then(() => setTimeout(() => replaceState(location.pathname, {})));
	return token;
}
