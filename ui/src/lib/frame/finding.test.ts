import { expect, it } from 'vitest';
import type { Command } from './commands.svelte';
import { grouped, placesOf } from './finding';

const go = (label: string, more: Partial<Command> = {}): Command => ({
	id: label,
	kind: 'go',
	label,
	...more,
});
const act = (label: string, more: Partial<Command> = {}): Command => ({ ...go(label, more), kind: 'do' });
const shown = (offered: readonly Command[], query = '') =>
	grouped(offered, query).map(({ kind, hits }) => [kind, hits.map(({ command }) => command.label)]);

it('goes first and then does, and leaves out what nothing is found of', () => {
	const offered = [act('New folder', { always: true }), go('Harbour'), act('Sign out'), go('People')];
	expect(shown(offered)).toEqual([
		['go', ['Harbour', 'People']],
		['do', ['New folder', 'Sign out']],
	]);
	// What takes up the words is offered after what was found.
	expect(shown(offered, 'sign')).toEqual([['do', ['Sign out', 'New folder']]]);
	expect(shown([go('Harbour')], 'xyz')).toEqual([]);
});

it('offers the same thing once, and not more than can be looked over', () => {
	expect(shown([go('Home'), go('Home')])).toEqual([['go', ['Home']]]);
	const many = Array.from({ length: 20 }, (_, i) => go(`Project ${i}`));
	expect(grouped(many, 'project')[0]?.hits).toHaveLength(8);
});

it('knows the pages of a project', () => {
	expect(placesOf({ id: 'p1', name: 'Harbour' }, []).map(({ href }) => href)).toEqual([
		'/projects/p1',
		'/projects/p1/files',
		'/projects/p1/trash',
		'/projects/p1/journal',
	]);
});
