/** Narrows a list to names that contain what was typed, whatever its accents and capitals. */

const folded = new WeakMap<object, string>();

function fold(text: string): string {
	return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Every word must be somewhere in the name. The names of ten thousand entries are folded once. */
export function filtered<T extends { readonly name: string }>(
	entries: readonly T[],
	query: string,
): readonly T[] {
	const words = fold(query)
		.split(/\s+/)
		.filter((word) => word !== '');
	if (words.length === 0) return entries;
	return entries.filter((entry) => {
		let name = folded.get(entry);
		if (name === undefined) {
			name = fold(entry.name);
			folded.set(entry, name);
		}
		return words.every((word) => name.includes(word));
	});
}

/** What was typed in each folder, for as long as the page lives: a browser's storage would keep it in clear. */
const typed = new Map<string, string>();

export const recallFilter = (folder: string): string => typed.get(folder) ?? '';

export function rememberFilter(folder: string, query: string): void {
	if (query === '') typed.delete(folder);
	else typed.set(folder, query);
}
