import type { JournalEntry, Page } from '$lib/api/types';
import { Problem } from '$lib/api/problem';

/** An address may still look for a project that is gone, or that one no longer sees: nothing of it is found. */
export async function orNothing(page: Promise<Page<JournalEntry>>): Promise<Page<JournalEntry>> {
	try {
		return await page;
	} catch (thrown) {
		if (Problem.is(thrown, 'not-found') && thrown.field === 'project') return { items: [], next: null };
		throw thrown;
	}
}
