import { preloadCode } from '$app/navigation';

/**
 * Fetches the pages inside while the program still checks who asks. What fails here is tried again, and
 * said, on the way in.
 */
export function approach(place: string): void {
	preloadCode(new URL(place, location.origin).pathname).catch(() => undefined);
}
