import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages';

/** The sentence to show for anything that was thrown. */
export function sentenceFor(thrown: unknown): string {
	return Problem.is(thrown) ? thrown.message : m.problem_unknown();
}
