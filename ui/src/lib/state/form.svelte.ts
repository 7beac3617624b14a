import { tick } from 'svelte';
import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages';

/** A form on its way: busy or not, and what the program found wrong, field by field. */
export class Form {
	busy = $state(false);
	#problem = $state<Problem | null>(null);

	/** `fields` are the names that the program uses for what this form shows. */
	constructor(private readonly fields: readonly string[] = []) {}

	/** What is wrong with one field. */
	error(field: string): string | null {
		return this.#problem?.field === field ? this.#problem.message : null;
	}

	/** What is wrong and belongs to no field of this form. */
	get trouble(): string | null {
		if (this.#problem === null) return null;
		return this.#problem.field !== null && this.fields.includes(this.#problem.field)
			? null
			: this.#problem.message;
	}

	get code(): string | null {
		return this.#problem?.code ?? null;
	}

	/** Sends once at a time; answers whether it was accepted. */
	async send(act: () => Promise<unknown>): Promise<boolean> {
		if (this.busy) return false;
		this.busy = true;
		this.#problem = null;
		try {
			await act();
			return true;
		} catch (thrown) {
			this.#problem = Problem.is(thrown) ? thrown : new Problem(m.problem_unknown(), 0, 'unknown');
			void tick().then(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
			return false;
		} finally {
			this.busy = false;
		}
	}

	clear(): void {
		this.#problem = null;
	}
}
