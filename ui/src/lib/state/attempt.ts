import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages';
import { toasts } from './toasts.svelte';

/** The sentence to show for anything that was thrown. */
export function sentenceFor(thrown: unknown): string {
	return Problem.is(thrown) ? thrown.message : m.problem_unknown();
}

/** Does something whose refusal is said in a toast; answers whether it was done. */
export async function attempt(act: () => Promise<unknown>): Promise<boolean> {
	try {
		await act();
		return true;
	} catch (thrown) {
		toasts.refuse(sentenceFor(thrown));
		return false;
	}
}
