/**
 * The language of the page. Messages read it while they render, so a change of language changes the
 * words in place and nothing that was typed is lost.
 */
import { overwriteGetLocale, type Locale } from '$lib/paraglide/runtime';
import { recall, remember } from '$lib/state/memory';
import { deviceZone, formats, type Formats } from './format';

let locale = $state<Locale>(document.documentElement.lang === 'fr' ? 'fr' : 'en');
/** Null: that of this device, which takes long to find out. */
let zone = $state<string | null>(null);
const device = $derived(zone ?? deviceZone());
const written: Formats = $derived(formats(locale, device));

overwriteGetLocale(() => locale);

export const language = {
	get current(): Locale {
		return locale;
	},
	get timeZone(): string {
		return device;
	},
	/** Sizes, dates and numbers, in this language and zone. */
	get formats(): Formats {
		return written;
	},
	/** Changes the words, and remembers the choice for this browser. */
	choose(chosen: Locale): void {
		locale = chosen;
		document.documentElement.lang = chosen;
		remember('language', chosen);
	},
	/** Changes the words where nothing was chosen in this browser. */
	suggest(suggested: Locale): void {
		if (recall('language') !== null || suggested === locale) return;
		locale = suggested;
		document.documentElement.lang = suggested;
	},
	/** Takes over what a person has set in their profile. */
	follow(person: { language: Locale; time_zone: string }): void {
		if (person.language !== locale) this.choose(person.language);
		zone = person.time_zone;
	},
};

/** The languages, each named in its own words. */
export const LANGUAGES: readonly { code: Locale; name: string }[] = [
	{ code: 'en', name: 'English' },
	{ code: 'fr', name: 'Français' },
];
