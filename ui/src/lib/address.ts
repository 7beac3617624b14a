/** From the name of a group to the first label of its address. */

/** The longest label that DNS allows. */
const LONGEST = 63;
/** Letters that do not come apart into a base letter and an accent. */
const WRITTEN_OUT: Record<string, string> = {
	ß: 'ss',
	œ: 'oe',
	æ: 'ae',
	ø: 'o',
	đ: 'd',
	ð: 'd',
	ł: 'l',
	þ: 'th',
	ı: 'i',
};

/** `L’Atelier d’Été` becomes `l-atelier-d-ete`; empty where no letter can stand in an address. */
export function addressName(title: string): string {
	return addressTyped(title).replace(/-+$/, '');
}

/** The same while it is being typed: a hyphen at the end may be followed by more. */
export function addressTyped(text: string): string {
	return text
		.toLowerCase()
		.normalize('NFKD')
		.replace(/\p{M}/gu, '')
		.replace(/[ßœæøđðłþı]/g, (letter) => WRITTEN_OUT[letter] ?? '')
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+/, '')
		.slice(0, LONGEST);
}
