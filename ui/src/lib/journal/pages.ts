/** The journal as far as it was read. Pure. */
import type { JournalEntry, Page } from '$lib/api/types';

/**
 * The first page read again, and behind it the older entries that were read before. Where so much
 * happened meanwhile that they no longer follow each other, the older ones are read again when asked for.
 */
export function joined(first: Page<JournalEntry>, known: Page<JournalEntry>): Page<JournalEntry> {
	const last = first.items.at(-1);
	const newest = known.items[0];
	// Later entries have greater ids.
	if (!last || !newest || newest.id < last.id) return first;
	const older = known.items.filter(({ id }) => id < last.id);
	return older.length === 0 ? first : { items: [...first.items, ...older], next: known.next ?? null };
}
