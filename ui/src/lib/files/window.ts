/** Which rows of a long list are worth making: those in sight, and a few around them. */
export interface Window {
	/** The first row, and the one after the last. */
	readonly from: number;
	readonly to: number;
}

/** Rows above and below what is seen, so that a quick scroll shows no gap. */
const AROUND = 12;
/** Up to here all rows are made: the browser's own search then finds every name. */
const WHOLE = 250;

/**
 * `top` is where the list begins, measured from the upper edge of the window: negative once it has been
 * scrolled past.
 */
export function windowOf(count: number, rowHeight: number, top: number, viewHeight: number): Window {
	if (count <= WHOLE) return { from: 0, to: count };
	const first = Math.floor(-top / rowHeight) - AROUND;
	const last = Math.ceil((viewHeight - top) / rowHeight) + AROUND;
	const from = Math.min(Math.max(0, first), count);
	return { from, to: Math.min(Math.max(from, last), count) };
}
