/** The keys that the help page names; each group is heard where its title says. */
import { m } from '$lib/paraglide/messages';
import { COMMAND_KEY } from './typing';

type Words = () => string;

interface Key {
	readonly what: Words;
	/** Each of these does it; keys of one combination are pressed together or one after the other. */
	readonly press: readonly (readonly Words[])[];
	/** A letter without Ctrl: it can be switched off. */
	readonly single?: boolean;
}

interface Group {
	readonly id: string;
	readonly title: Words;
	readonly keys: readonly Key[];
}

const is =
	(name: string): Words =>
	() =>
		name;
const command = is(COMMAND_KEY);
const space: Words = () => m.key_space();
const shift: Words = () => m.key_shift();
const del: Words = () => m.key_delete();
const home: Words = () => m.key_home();
const end: Words = () => m.key_end();

export const KEYS: readonly Group[] = [
	{
		id: 'everywhere',
		title: m.keys_everywhere,
		keys: [
			{ what: m.palette, press: [[command, is('K')]] },
			{ what: m.keys_undo, press: [[command, is('Z')]] },
			{ what: m.keys_help, press: [[is('?')]], single: true },
			{ what: m.home, press: [[is('G'), is('H')]], single: true },
			{ what: m.people, press: [[is('G'), is('P')]], single: true },
			{ what: m.journal, press: [[is('G'), is('J')]], single: true },
			{ what: m.profile, press: [[is('G'), is('Y')]], single: true },
			{ what: m.settings, press: [[is('G'), is('S')]], single: true },
		],
	},
	{
		id: 'files',
		title: m.keys_files,
		keys: [
			{ what: m.keys_walk, press: [[is('↑')], [is('↓')], [home], [end]] },
			{ what: m.keys_open, press: [[is('Enter')]] },
			{ what: m.keys_up, press: [[is('Alt'), is('↑')]] },
			{ what: m.keys_select, press: [[space]] },
			{
				what: m.keys_range,
				press: [
					[shift, is('↑')],
					[shift, is('↓')],
				],
			},
			{ what: m.keys_all, press: [[command, is('A')]] },
			{ what: m.keys_none, press: [[is('Esc')]] },
			{ what: m.rename, press: [[is('F2')]] },
			{ what: m.move_to_trash, press: [[del]] },
			{ what: m.keys_menu, press: [[shift, is('F10')]] },
			{ what: m.keys_paste, press: [[command, is('V')]] },
			{ what: m.keys_filter, press: [[is('/')]], single: true },
		],
	},
	{
		id: 'palette',
		title: m.palette,
		keys: [
			{ what: m.key_choose, press: [[is('↑')], [is('↓')]] },
			{ what: m.key_open, press: [[is('Enter')]] },
			{ what: m.keys_narrow, press: [[is('Tab')]] },
			{ what: m.close, press: [[is('Esc')]] },
		],
	},
];
