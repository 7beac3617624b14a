/**
 * How fast bytes go, seen over the last seconds: steady enough to read, quick enough to follow a
 * connection that changes. Times in milliseconds, bytes as a running total.
 */
const WINDOW_MS = 5_000;
const ENOUGH_MS = 500;

export class Pace {
	#samples: { at: number; total: number }[] = [];

	/** Notes the total at a moment. */
	mark(total: number, at: number): void {
		const last = this.#samples.at(-1);
		// A new try starts from nothing again: what was measured before says nothing about it.
		if (last !== undefined && total < last.total) this.#samples = [];
		this.#samples.push({ at, total });
		while (this.#samples.length > 2 && (this.#samples[1]?.at ?? at) < at - WINDOW_MS) this.#samples.shift();
	}

	/** Bytes a second, or null while there is too little to tell. */
	speed(now: number): number | null {
		const first = this.#samples[0];
		const last = this.#samples.at(-1);
		if (first === undefined || last === undefined) return null;
		const elapsed = Math.max(now, last.at) - first.at;
		if (elapsed < ENOUGH_MS) return null;
		return ((last.total - first.total) / elapsed) * 1000;
	}

	/** Seconds until `total` is reached, or null while there is too little to tell. */
	remaining(total: number, now: number): number | null {
		const sent = this.#samples.at(-1)?.total ?? 0;
		const speed = this.speed(now);
		return speed === null || speed <= 0 ? null : (total - sent) / speed;
	}
}
