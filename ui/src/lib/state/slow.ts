/** What comes sooner shows no outline first: it would only blink. */
export const SLOW_MS = 300;

let isShown = false;
let happens: () => void = () => undefined;

/** Names what happens once the first page is there. */
export function whenShown(act: () => void): void {
	if (isShown) act();
	else happens = act;
}

/** The first page is there. */
export function shown(): void {
	isShown = true;
	happens();
}
