import type { Dye } from '$lib/api/types';

export const DYES: readonly Dye[] = ['pine', 'lake', 'ember', 'madder', 'bark', 'moss', 'heather', 'slate'];

/** One or two letters that stand for a name: the first of its first and second word. */
export function initials(name: string): string {
	const letters = name
		.normalize('NFC')
		.split(/[^\p{L}\p{N}]+/u)
		.filter((word) => word !== '')
		.slice(0, 2)
		.map((word) => String.fromCodePoint(word.codePointAt(0) ?? 0x2022));
	return letters.join('').toLocaleUpperCase() || '•';
}

/** The dye of a person: the same everywhere, taken from their id. */
export function dyeOf(id: string): Dye {
	let sum = 0;
	for (const letter of id) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
	return DYES[sum % DYES.length] ?? 'slate';
}

/** The dye that the fewest of these projects wear, so that a new one is told apart at a glance. */
export function rarestDye(worn: readonly Dye[]): Dye {
	const count = (dye: Dye) => worn.filter((other) => other === dye).length;
	return DYES.reduce((rarest, dye) => (count(dye) < count(rarest) ? dye : rarest));
}
