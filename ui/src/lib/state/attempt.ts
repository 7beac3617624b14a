import { sentenceFor } from './sentence';
import { toasts } from './toasts.svelte';

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
