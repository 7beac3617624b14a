/** What this browser remembers for itself: never content, only choices. */
const PREFIX = 'palisade.';

/** `undefined` where the browser refuses storage, `null` where nothing is remembered. */
export function recall(name: string): string | null | undefined {
	try {
		return localStorage.getItem(PREFIX + name);
	} catch {
		return undefined;
	}
}

export function remember(name: string, value: string | null): void {
	try {
		if (value === null) localStorage.removeItem(PREFIX + name);
		else localStorage.setItem(PREFIX + name, value);
	} catch {
		// Storage is refused: the choice holds until the page is closed.
	}
}
