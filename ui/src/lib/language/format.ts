/**
 * Sizes, speeds, times and counts as people of a language write them, in their own time zone. Pure:
 * language, zone and the present moment come from outside.
 */
export interface Formats {
	/** 18.2 MB; decimal units, as file systems show them. */
	size(bytes: number): string;
	/** 50 GiB: a limit that was set in binary units is said in them. */
	limit(bytes: number): string;
	/** 9.1 MB/s. */
	speed(bytesPerSecond: number): string;
	/** 52 s, 3 min, 2 h 5 min: rounded so that it does not flicker. */
	span(seconds: number): string;
	/** 38 %. */
	percent(share: number): string;
	number(n: number): string;
	/** Today, 8:31 · Yesterday, 17:02 · 12 Nov · 12 Nov 2025. */
	moment(at: string | Date, now?: Date): string;
	/** today, 8:31 · yesterday, 17:02 · 12 Nov: in the middle of a sentence. */
	momentWithin(at: string | Date, now?: Date): string;
	/** 8:31 · Yesterday, 17:02 · 12 Nov: where today goes without saying. */
	brief(at: string | Date, now?: Date): string;
	/** 12 Nov · 12 Nov 2025: where the hour says nothing. */
	day(at: string | Date, now?: Date): string;
	/** Monday 23 November. */
	longDay(at: Date): string;
	/** 23 November 2026 at 08:31:04: what a tooltip says. */
	full(at: string | Date): string;
	time(at: string | Date): string;
	/** Paris and Frankfurt. */
	list(names: readonly string[]): string;
}

const SIZE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;
const NO_BREAK = '\u00a0';
const UNITS: Record<string, { byte: string; gibibyte: string }> = {
	en: { byte: 'B', gibibyte: 'GiB' },
	fr: { byte: 'o', gibibyte: 'Gio' },
};
/** British dates for English: 12 Nov, 17:02. */
const TAGS: Record<string, string> = { en: 'en-GB', fr: 'fr-FR' };

export function formats(language: string, timeZone: string): Formats {
	const tag = TAGS[language] ?? language;
	const units = UNITS[language] ?? { byte: 'B', gibibyte: 'GiB' };
	// Making a format takes longer than a hundred uses of it, and the first of a page longer than the page's frame.
	const zone = once(() => knownZone(timeZone));
	const date = (options: Intl.DateTimeFormatOptions) =>
		once(() => new Intl.DateTimeFormat(tag, { ...options, timeZone: zone() }));
	const dayKey = once(() => new Intl.DateTimeFormat('en-CA', { timeZone: zone() }));
	const near = date({ day: 'numeric', month: 'short' });
	const far = date({ day: 'numeric', month: 'short', year: 'numeric' });
	const hour = date({ hour: '2-digit', minute: '2-digit' });
	const long = date({ weekday: 'long', day: 'numeric', month: 'long' });
	const full = date({ dateStyle: 'long', timeStyle: 'medium' });
	const plain = once(() => new Intl.NumberFormat(tag));
	const percent = once(() => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 0 }));
	const relative = once(() => new Intl.RelativeTimeFormat(tag, { numeric: 'auto' }));
	const list = once(() => new Intl.ListFormat(tag, { type: 'conjunction' }));

	const measures = new Map<string, Intl.NumberFormat>();

	function measure(value: number, unit: string, digits: number): string {
		const key = `${unit} ${digits}`;
		let format = measures.get(key);
		if (!format) {
			const options = { unit, minimumFractionDigits: digits, maximumFractionDigits: digits };
			format = new Intl.NumberFormat(tag, { style: 'unit', unitDisplay: 'short', ...options });
			measures.set(key, format);
		}
		// The narrow space of French all but vanishes between a figure and its unit.
		return format.format(value).replaceAll('\u202f', NO_BREAK);
	}

	function scaled(bytes: number, suffix: string): string {
		let step = 0;
		let value = Math.max(0, bytes);
		while (value >= 999.5 && step < SIZE_UNITS.length - 1) {
			value /= 1000;
			step += 1;
		}
		if (step === 0 && suffix === '') return `${plain().format(value)}${NO_BREAK}${units.byte}`;
		const digits = step < 2 || value >= 99.95 ? 0 : 1;
		return measure(value, SIZE_UNITS[step] + suffix, digits);
	}

	const seconds = (n: number) => `${plain().format(n)}${NO_BREAK}s`;
	const minutes = (n: number) => `${plain().format(n)}${NO_BREAK}min`;
	const hours = (n: number) => `${plain().format(n)}${NO_BREAK}h`;

	/** Whole days between two moments, as the calendar of the zone counts them. */
	function daysBetween(from: Date, to: Date): number {
		return Math.round((Date.parse(dayKey().format(to)) - Date.parse(dayKey().format(from))) / 86_400_000);
	}

	function sameYear(a: Date, b: Date): boolean {
		return dayKey().format(a).slice(0, 4) === dayKey().format(b).slice(0, 4);
	}

	function day(at: string | Date, now = new Date()): string {
		const when = new Date(at);
		return (sameYear(when, now) ? near : far)().format(when);
	}

	function momentWithin(at: string | Date, now = new Date()): string {
		const when = new Date(at);
		const days = daysBetween(when, now);
		if (days !== 0 && days !== 1) return day(when, now);
		return `${relative().format(-days, 'day')}, ${hour().format(when)}`;
	}

	const moment = (at: string | Date, now?: Date) => capital(momentWithin(at, now), tag);

	return {
		size: (bytes) => scaled(bytes, ''),
		speed: (bytes) => scaled(bytes, '-per-second'),
		limit(bytes) {
			const whole = bytes / 2 ** 30;
			return Number.isInteger(whole) && whole > 0
				? `${plain().format(whole)}${NO_BREAK}${units.gibibyte}`
				: scaled(bytes, '');
		},
		span(length) {
			const s = Math.max(1, Math.ceil(length));
			if (s < 60) return seconds(s);
			const m = Math.ceil(s / 60);
			if (m < 60) return minutes(m);
			const rest = m % 60;
			return rest === 0 ? hours(Math.floor(m / 60)) : `${hours(Math.floor(m / 60))} ${minutes(rest)}`;
		},
		percent: (share) => percent().format(share),
		number: (n) => plain().format(n),
		moment,
		momentWithin,
		brief: (at, now = new Date()) =>
			daysBetween(new Date(at), now) === 0 ? hour().format(new Date(at)) : moment(at, now),
		day,
		longDay: (at) => capital(long().format(at).replace(',', ''), tag),
		full: (at) => full().format(new Date(at)),
		time: (at) => hour().format(new Date(at)),
		list: (names) => list().format(names),
	};
}

/** What is made when it is first asked for. */
function once<T>(make: () => T): () => T {
	let made: T | undefined;
	return () => (made ??= make());
}

function capital(text: string, tag: string): string {
	return text.charAt(0).toLocaleUpperCase(tag) + text.slice(1);
}

/** A browser may not know a zone that the program knows; UTC is then honest enough. */
export function knownZone(zone: string): string {
	try {
		new Intl.DateTimeFormat('en', { timeZone: zone });
		return zone;
	} catch {
		return 'UTC';
	}
}

/** The zone that this device is in. */
export function deviceZone(): string {
	return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';
}
