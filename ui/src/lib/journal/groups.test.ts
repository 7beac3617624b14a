import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '$lib/api/types';
import { latelyActive, latestFiles, newsByProject, sinceYesterday, told } from './groups';

let next = 0;
function entry(
	kind: JournalEntry['kind'],
	{
		actor = 'noor',
		project = 'harbour' as string | null,
		subject = `s${next}`,
		at = '2026-11-23T08:00:00Z',
	} = {},
): JournalEntry {
	next += 1;
	return {
		id: `e${next}`,
		at,
		kind,
		actor: { id: actor, name: actor, guest: false, picture: null },
		project: project === null ? null : { id: project, name: project },
		subject: { id: subject, name: subject },
	};
}

it('says once what one person did again and again', () => {
	const lines = told([
		entry('file-added', { subject: 'c' }),
		entry('file-added', { subject: 'b' }),
		entry('file-added', { subject: 'a', actor: 'tom' }),
		entry('entry-moved', { actor: 'tom' }),
		entry('file-added'),
	]);
	expect(lines.map(({ entry: { kind, actor }, more }) => [kind, actor?.id, more])).toEqual([
		['file-added', 'noor', 1],
		['file-added', 'tom', 0],
		['entry-moved', 'tom', 0],
		['file-added', 'noor', 0],
	]);
});

it('gathers the news by project, what belongs to none at the end', () => {
	const news = newsByProject(
		[
			entry('person-joined', { project: null }),
			entry('file-added', { project: 'kerlan' }),
			entry('file-added', { project: 'harbour' }),
			entry('entry-moved', { project: 'kerlan' }),
			entry('entry-renamed', { project: 'kerlan' }),
		],
		2,
	);
	expect(news.map(({ project, told: lines, left }) => [project?.id, lines.length, left])).toEqual([
		['kerlan', 2, 1],
		['harbour', 1, 0],
		[undefined, 1, 0],
	]);
});

it('counts yesterday in the zone of the person', () => {
	// Half past midnight in Paris on the 23rd, still the 22nd in UTC.
	const now = new Date('2026-11-22T23:30:00Z');
	const entries = ['2026-11-22T23:10:00Z', '2026-11-21T23:05:00Z', '2026-11-21T22:55:00Z'].map((at) =>
		entry('file-added', { at }),
	);
	expect(sinceYesterday(entries, now, 'Europe/Paris')).toHaveLength(2);
	expect(sinceYesterday(entries, now, 'UTC')).toHaveLength(3);
});

describe('the latest', () => {
	it('files are there once each, without what is gone', () => {
		const entries = [
			entry('entry-trashed', { subject: 'old' }),
			entry('version-added', { subject: 'plan' }),
			entry('file-added', { subject: 'old' }),
			entry('file-added', { subject: 'plan' }),
			entry('folder-created', { subject: 'folder' }),
			entry('file-added', { subject: 'budget' }),
			entry('file-added', { subject: 'more' }),
		];
		expect(latestFiles(entries, 2)).toEqual(['plan', 'budget']);
	});

	it('people are those of the project', () => {
		const entries = [
			entry('file-added'),
			entry('file-added', { actor: 'tom' }),
			entry('file-added'),
			entry('file-added', { actor: 'ines', project: 'kerlan' }),
		];
		expect(latelyActive(entries, 'harbour', 4).map(({ id }) => id)).toEqual(['noor', 'tom']);
	});
});
