/**
 * What the command palette offers: where one can go, and what can be done. Pages add what belongs to
 * them for as long as they are shown.
 */
import { untrack, type Component } from 'svelte';
import type { Dye, Entry } from '$lib/api/types';

export interface Command {
	/** Told apart by this. */
	readonly id: string;
	/** First one goes, then one does. */
	readonly kind: 'go' | 'do';
	readonly label: string;
	/** Where it is, or what it is about. */
	readonly detail?: string;
	readonly icon?: Component;
	/** A file or folder shows its own picture. */
	readonly entry?: Pick<Entry, 'kind' | 'name'>;
	/** A project shows its emblem, and Tab looks only in it. */
	readonly project?: { readonly id: string; readonly name: string; readonly dye: Dye };
	readonly href?: string;
	readonly run?: () => void;
	/** Takes up what was typed, so it is offered whatever that is. */
	readonly always?: boolean;
}

/** What a page offers for what was typed so far. */
export type Offer = (query: string) => readonly Command[];

let offers = $state.raw<readonly Offer[]>([]);

export const commands = {
	/** Adds to what is offered; answers how to take it back. */
	offer(made: Offer): () => void {
		// Whoever offers from an effect must not wait for what others offer.
		offers = [...untrack(() => offers), made];
		return () => {
			offers = untrack(() => offers).filter((each) => each !== made);
		};
	},
	offered: (query: string): readonly Command[] => offers.flatMap((make) => make(query)),
};
