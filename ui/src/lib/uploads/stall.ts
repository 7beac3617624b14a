/**
 * How long an upload may stand still: a connection that was cut without a word is waited for for minutes by a
 * browser. It is longer than the program takes to find out what became of a change.
 */
const STILL_MS = 60_000;

/** Where the connection was lost and is back, what has not moved for so long was cut off with it. */
const CUT_MS = 2_000;

/** Acts once, where nothing has moved for too long. `onBack` hears that the connection is back. */
export class Stall {
	#timer: ReturnType<typeof setTimeout> | null = null;
	#last = 0;
	readonly #forget: () => void;

	constructor(
		private readonly act: () => void,
		onBack: (hear: () => void) => () => void,
		private readonly still = STILL_MS,
	) {
		this.#forget = onBack(() => {
			if (performance.now() - this.#last > CUT_MS) this.#end();
		});
		this.moved();
	}

	moved(): void {
		this.#last = performance.now();
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = setTimeout(() => {
			this.#end();
		}, this.still);
	}

	over(): void {
		if (this.#timer !== null) clearTimeout(this.#timer);
		this.#timer = null;
		this.#forget();
	}

	#end(): void {
		this.over();
		this.act();
	}
}
