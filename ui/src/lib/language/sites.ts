/** Sites in words. Pure. */
import { m } from '$lib/paraglide/messages';
import type { Formats } from './format';

/** What the program calls the one site of an installation whose operator has named none. */
const UNNAMED = 'home';

/** Whether all sites there are is one that nobody has named: it is this server, and no place with a name. */
const unnamed = (all: readonly string[]): boolean => all.length === 1 && all[0] === UNNAMED;

/** Names are written small where sites are set up; on a page they are names: Paris, New-York. */
function named(site: string): string {
	return site.replace(/(^|-)(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase());
}

/** The name of a site, standing alone; `all` are the sites there are. */
export const siteName = (site: string, all: readonly string[]): string =>
	unnamed(all) && site === UNNAMED ? m.this_server() : named(site);

/** In one order everywhere, whoever listed them. */
export const siteNames = (sites: readonly string[], all: readonly string[]): string[] =>
	sites.map((site) => siteName(site, all)).sort();

type Sentence = (sites: readonly string[], all: readonly string[], formats: Formats) => string;

/** A sentence that names sites, and the one that is said where nothing has a name. */
const sentence =
	(here: () => string, at: (args: { sites: string; count: number }) => string): Sentence =>
	(sites, all, formats) =>
		unnamed(all) ? here() : at({ sites: formats.list(siteNames(sites, all)), count: sites.length });

export const storedAt = sentence(m.stored_here, m.stored_at);
export const everyFileAt = sentence(m.every_file_here, m.every_file_at);
export const keptOnlyAt = sentence(m.one_copy_here, m.one_copy_why);
