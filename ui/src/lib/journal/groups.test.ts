import { expect, it } from 'vitest';
import type { JournalEntry } from '$lib/api/types';
import { latelyActive, newsByProject, told } from './groups';

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

it('counts a thing once, however often something was done to it', () => {
	const counted = (...subjects: string[]) =>
		told(subjects.map((subject) => entry('version-added', { subject }))).map(({ more, times }) => [
			more,
			times,
		]);
	expect(counted('a')).toEqual([[0, 1]]);
	expect(counted('a', 'a', 'a')).toEqual([[0, 3]]);
	expect(counted('a', 'b', 'a', 'c', 'b')).toEqual([[2, 1]]);
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

it('knows who was active lately in a project', () => {
	const entries = [
		entry('file-added'),
		entry('file-added', { actor: 'tom' }),
		entry('file-added'),
		entry('file-added', { actor: 'ines', project: 'kerlan' }),
	];
	expect(latelyActive(entries, 'harbour', 4).map(({ id }) => id)).toEqual(['noor', 'tom']);
});
