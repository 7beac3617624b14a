import type { Formats } from '$lib/language/format';
import { m } from '$lib/paraglide/messages';
import type { Totals } from './queue';

/** One sentence for all that is on its way, or for what came of it. */
export function arrivingSummary(totals: Totals, remaining: number | null, formats: Formats): string {
	if (totals.open > 0) {
		const files = m.files_count({ count: totals.open });
		return remaining === null ? files : m.arriving_left({ files, time: formats.span(remaining) });
	}
	const parts: string[] = [];
	if (totals.saved > 0) parts.push(m.files_saved({ count: totals.saved }));
	if (totals.skipped > 0) parts.push(m.files_skipped({ count: totals.skipped }));
	if (totals.failed > 0) parts.push(m.files_failed({ count: totals.failed }));
	return parts.join(' · ');
}
