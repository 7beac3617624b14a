/** The names of sites are written small where they are set up; on a page they are names: Paris, New-York. */
export function siteName(name: string): string {
	return name.replace(/(^|-)(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** In one order everywhere, whoever listed them. */
export const siteNames = (names: readonly string[]): string[] => names.map(siteName).sort();
