/**
 * A socket that is opened again whenever it is lost. It hears that it is there every 25 seconds; where
 * nothing comes for longer, the connection is dead and only nobody has said so.
 */
import type { LiveMessage } from '$lib/api/types';

/** The part of a WebSocket that is used here. */
export interface Wire {
	onmessage: ((event: MessageEvent) => void) | null;
	onclose: ((event: CloseEvent) => void) | null;
	close: () => void;
}

export interface Outside {
	readonly open: () => Wire;
	/** Does something later; answers how to forget it. */
	readonly later: (act: () => void, milliseconds: number) => () => void;
	/** A number from 0 to 1. */
	readonly random: () => number;
	readonly said: (message: LiveMessage) => void;
	/** The socket ended and nobody here wanted it. `signedOut` is whether the program closed it for that. */
	readonly lost: (signedOut: boolean) => void;
}

export const SILENCE_MS = 60_000;
const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;
/** The program is signed out of, or stops (RFC 6455, and IANA's registry). */
const SIGNED_OUT = 1008;
/** The version of what is said that is understood here. */
const VERSION = 1;

export class LiveSocket {
	#wire: Wire | null = null;
	#tries = 0;
	#wanted = false;
	/** Forgets what was to be done later. */
	#forget: () => void = () => undefined;

	constructor(private readonly outside: Outside) {}

	start(): void {
		this.#wanted = true;
		this.now();
	}

	stop(): void {
		this.#wanted = false;
		this.#tries = 0;
		this.#drop();
	}

	/** Tries at once, where it waits to. */
	now(): void {
		if (!this.#wanted || this.#wire !== null) return;
		this.#forget();
		const wire = this.outside.open();
		this.#wire = wire;
		this.#watch();
		wire.onmessage = ({ data }: { data: unknown }) => {
			this.#tries = 0;
			this.#watch();
			const message = understood(data);
			if (message !== null) this.outside.said(message);
		};
		wire.onclose = ({ code }) => {
			this.#end(code === SIGNED_OUT);
		};
	}

	/** Opens it anew: what it was connected to may be gone without a word. */
	renew(): void {
		this.#drop();
		this.now();
	}

	#watch(): void {
		this.#forget();
		this.#forget = this.outside.later(() => {
			this.#end(false);
		}, SILENCE_MS);
	}

	#drop(): void {
		this.#forget();
		const wire = this.#wire;
		this.#wire = null;
		if (wire === null) return;
		wire.onmessage = null;
		wire.onclose = null;
		wire.close();
	}

	#end(signedOut: boolean): void {
		this.#drop();
		// Each waits for another moment: all that were connected to one node lose it at once.
		const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#tries);
		this.#tries += 1;
		this.#forget = this.outside.later(
			() => {
				this.now();
			},
			most * (0.5 + this.outside.random() / 2),
		);
		this.outside.lost(signedOut);
	}
}

/** A message, unless it is of a kind or a version that this page does not know. */
function understood(data: unknown): LiveMessage | null {
	if (typeof data !== 'string') return null;
	try {
		const message = JSON.parse(data) as LiveMessage;
		return message.v === VERSION ? message : null;
	} catch {
		return null;
	}
}
