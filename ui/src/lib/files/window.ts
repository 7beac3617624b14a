/** Which rows of a long list are worth making: those in sight, and a few around them. */
export interface Window {
	/** The first row, and the one after the last. */
	readonly from: number;
	readonly to: number;
	/**
	 * How many are made at most. A row that is no longer in sight is used again for one that comes into
	 * it, so that a leap through the list changes words and makes nothing: the rest of a place divided by
	 * this says which row shows it.
	 */
	readonly pool: number;
}

/** So much above and below what is seen, in pixels, so that a quick scroll shows no gap. */
const AROUND = 480;
/** Up to here all rows are made: the browser's own search then finds every name. */
const WHOLE = 120;
/**
 * `top` is where the list begins, measured from the upper edge of the window: negative once it has been
 * scrolled past.
 */
export function windowOf(count: number, rowHeight: number, top: number, viewHeight: number): Window {
	if (count <= WHOLE) return { from: 0, to: count, pool: WHOLE };
	const around = Math.ceil(AROUND / rowHeight);
	const pool = Math.ceil(viewHeight / rowHeight) + 2 * around + 1;
	const first = Math.floor(-top / rowHeight) - around;
	const from = Math.min(Math.max(0, first), count);
	// At the ends there is nothing around on one side: the pool stays as large as it is.
	const to = Math.min(Math.max(from, first + pool), count);
	return { from, to, pool };
}
