/**
 * The six promises as far as this program can tell today. Only what it has evidence for stands or has
 * fallen; of the others it says nothing. Pure.
 */
import type { Door } from '$lib/api/types';

export type Standing = 'standing' | 'down' | 'unknown';

export interface Promises {
	/** In the order of the fence: two copies, carries on, five fields, your own key, gone when closed, real erasure. */
	readonly stakes: readonly Standing[];
	/** What is known of the first two: where a file lies before it counts as stored. */
	readonly copies: Standing;
}

const COUNT = 6;

/** With one site there is no second copy, and nothing carries on when it stops: the first two lean. */
export function promises({ sites, copies }: Pick<Door, 'sites' | 'copies'>): Promises {
	const doubled = sites.length >= 2 && copies >= 2;
	const known: Standing[] = doubled ? ['standing'] : ['down', 'down'];
	return {
		stakes: Array.from({ length: COUNT }, (_, i) => known[i] ?? 'unknown'),
		copies: doubled ? 'standing' : 'down',
	};
}
