/**
 * Takes drafts to the program, at most a second behind what is typed. Of each form only the newest is
 * sent, one request at a time, so that an older one never arrives after it. What could not be sent is
 * tried again with the next change, and when it is asked for.
 */
import type { Fields } from '$lib/api/drafts';

export interface Sends {
	keep(form: string, fields: Fields, leaving: boolean): Promise<unknown>;
	forget(form: string, leaving: boolean): Promise<unknown>;
}

/** What is to be so at the program; `null` where nothing is to be kept any more. */
interface Wish {
	fields: Fields | null;
	timer: ReturnType<typeof setTimeout> | null;
	sending: Promise<void> | null;
	failed: boolean;
}

const PAUSE_MS = 1_000;

export class DraftKeeper {
	#wishes = new Map<string, Wish>();
	/** The forms of which the program has something. */
	#there = new Set<string>();

	constructor(private readonly sends: Sends) {}

	/** The program has a draft of this form. */
	found(form: string): void {
		this.#there.add(form);
	}

	/** Someone types. */
	keep(form: string, fields: Fields): void {
		const wish = this.#wish(form);
		wish.fields = fields;
		wish.timer ??= setTimeout(() => void this.#send(form), PAUSE_MS);
	}

	/** It is sent, given up, or as it was at first. */
	forget(form: string): void {
		const waiting = this.#wishes.get(form);
		if (!this.#there.has(form) && !waiting?.sending) {
			if (waiting?.timer) clearTimeout(waiting.timer);
			this.#wishes.delete(form);
			return;
		}
		this.#wish(form).fields = null;
		void this.#send(form);
	}

	/** Sends what has not been sent, and waits for it. */
	async flush(): Promise<void> {
		await Promise.all([...this.#wishes.keys()].map((form) => this.#send(form)));
	}

	/** The page goes away: whatever is not there yet is sent without waiting for anything. */
	leave(): void {
		for (const [form, { fields }] of this.#wishes) {
			const sent = fields === null ? this.sends.forget(form, true) : this.sends.keep(form, fields, true);
			sent.catch(() => undefined);
		}
	}

	/** Whether something that was typed could not be taken there. */
	get isBehind(): boolean {
		return [...this.#wishes.values()].some(({ failed, fields }) => failed && fields !== null);
	}

	/** Another person: nothing of this one is sent any more. */
	clear(): void {
		for (const { timer } of this.#wishes.values()) if (timer) clearTimeout(timer);
		this.#wishes.clear();
		this.#there.clear();
	}

	#wish(form: string): Wish {
		let wish = this.#wishes.get(form);
		if (!wish) {
			wish = { fields: null, timer: null, sending: null, failed: false };
			this.#wishes.set(form, wish);
		}
		return wish;
	}

	#send(form: string): Promise<void> {
		const wish = this.#wishes.get(form);
		if (!wish) return Promise.resolve();
		if (wish.timer) clearTimeout(wish.timer);
		wish.timer = null;
		wish.sending ??= this.#bring(form, wish).finally(() => (wish.sending = null));
		return wish.sending;
	}

	/** Sends until what is there is what was typed last. */
	async #bring(form: string, wish: Wish): Promise<void> {
		for (;;) {
			const { fields } = wish;
			try {
				if (fields === null) await this.sends.forget(form, false);
				else await this.sends.keep(form, fields, false);
			} catch {
				wish.failed = true;
				return;
			}
			wish.failed = false;
			if (fields === null) this.#there.delete(form);
			else this.#there.add(form);
			if (this.#wishes.get(form) !== wish) return;
			if (wish.fields === fields) {
				if (wish.timer) clearTimeout(wish.timer);
				this.#wishes.delete(form);
				return;
			}
			// Where one goes on typing, the timer sends the next.
			if (wish.timer) return;
		}
	}
}
