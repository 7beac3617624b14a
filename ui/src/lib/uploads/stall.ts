/**
 * How long an upload may stand still: a connection that was cut without a word is waited for for minutes by a
 * browser. It is longer than the program takes to find out what became of a change.
 */
const STILL_MS = 60_000;

/** Where the connection was lost and is back, what has not moved for so long was cut off with it. */
const CUT_MS = 2_000;

/** After so long it is asked whether the program answers at all. */
const DOUBT_MS = 5_000;

/** The part of the connection that is used here. */
interface Connection {
	/** Hears when it is back; answers how to stop. */
	readonly onBack: (hear: () => void) => () => void;
	readonly tryNow: () => unknown;
}

/** Acts once, where nothing has moved for too long. */
export class Stall {
	#timer: ReturnType<typeof setTimeout> | undefined;
	#doubt: ReturnType<typeof setTimeout> | undefined;
	#last = 0;
	readonly #forget: () => void;

	constructor(
		private readonly act: () => void,
		private readonly connection: Connection,
		private readonly still = STILL_MS,
	) {
		this.#forget = connection.onBack(() => {
			if (performance.now() - this.#last > CUT_MS) this.#end();
		});
		this.moved();
	}

	moved(): void {
		this.#last = performance.now();
		clearTimeout(this.#timer);
		clearTimeout(this.#doubt);
		this.#timer = setTimeout(() => {
			this.#end();
		}, this.still);
		this.#doubt = setTimeout(() => {
			this.connection.tryNow();
		}, DOUBT_MS);
	}

	over(): void {
		clearTimeout(this.#timer);
		clearTimeout(this.#doubt);
		this.#forget();
	}

	#end(): void {
		this.over();
		this.act();
	}
}
