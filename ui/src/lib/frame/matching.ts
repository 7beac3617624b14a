/** Finds what was typed in names, whatever its accents and capitals, and says where. Pure. */

/** Where in the text something was found: [from, to). */
export type Stretch = readonly [from: number, to: number];

export interface Match {
	/** The higher, the nearer to what was meant. */
	readonly score: number;
	readonly found: readonly Stretch[];
}

interface Folded {
	readonly text: string;
	/** For each letter of `text`, where it stands in the original. */
	readonly at: readonly number[];
}

const WORD = /[\p{L}\p{N}]/u;

/** Small letters without accents; each remembers where it came from. */
function fold(original: string): Folded {
	let text = '';
	const at: number[] = [];
	let place = 0;
	for (const letter of original) {
		const plain = letter.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
		for (let i = 0; i < plain.length; i += 1) at.push(place);
		text += plain;
		place += letter.length;
	}
	at.push(original.length);
	return { text, at };
}

/** Every word of what was typed must be found; null where one is not. An empty query matches everything. */
export function match(query: string, original: string): Match | null {
	const words = fold(query)
		.text.split(/\s+/)
		.filter((word) => word !== '');
	if (words.length === 0) return { score: 0, found: [] };
	const { text, at } = fold(original);
	const found: Stretch[] = [];
	let score = 0;
	for (const word of words) {
		const from = nearest(text, word);
		if (from === -1) return null;
		score += from === 0 ? 4 : startsWord(text, from) ? 3 : 1;
		const start = at[from] ?? 0;
		const end = at[from + word.length] ?? original.length;
		// A letter of which only a part was found (ﬁ, ß) is marked whole.
		found.push([start, end > start ? end : start + 1]);
	}
	// Of two that fit alike, the shorter name is nearer.
	return { score: score / words.length - text.length / 1000, found: joined(found) };
}

/** The place at the beginning of a word if there is one, else the first. */
function nearest(text: string, word: string): number {
	const first = text.indexOf(word);
	for (let from = first; from !== -1; from = text.indexOf(word, from + 1)) {
		if (startsWord(text, from)) return from;
	}
	return first;
}

function startsWord(text: string, at: number): boolean {
	return at === 0 || !WORD.test(text.charAt(at - 1));
}

function joined(found: readonly Stretch[]): Stretch[] {
	const result: Stretch[] = [];
	for (const [from, to] of [...found].sort((a, b) => a[0] - b[0])) {
		const last = result.at(-1);
		if (last && from <= last[1]) result[result.length - 1] = [last[0], Math.max(last[1], to)];
		else result.push([from, to]);
	}
	return result;
}

/** A text cut into what was found and what stands between. */
export function pieces(text: string, found: readonly Stretch[]): { text: string; hit: boolean }[] {
	const result: { text: string; hit: boolean }[] = [];
	let place = 0;
	for (const [from, to] of found) {
		if (from > place) result.push({ text: text.slice(place, from), hit: false });
		result.push({ text: text.slice(from, to), hit: true });
		place = to;
	}
	if (place < text.length) result.push({ text: text.slice(place), hit: false });
	return result;
}

/** The best matches first; those that match alike stay in their order. */
export function best<T>(
	query: string,
	things: readonly T[],
	nameOf: (thing: T) => string,
	most: number,
): { thing: T; found: readonly Stretch[] }[] {
	return things
		.flatMap((thing) => {
			const hit = match(query, nameOf(thing));
			return hit ? [{ thing, ...hit }] : [];
		})
		.sort((a, b) => b.score - a.score)
		.slice(0, most)
		.map(({ thing, found }) => ({ thing, found }));
}
