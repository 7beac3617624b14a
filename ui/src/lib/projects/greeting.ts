import { m } from '$lib/paraglide/messages';

/** Good morning, afternoon or evening where the person is, by their first name. */
export function greeting(now: Date, timeZone: string, name: string): string {
	const hour = Number(
		new Intl.DateTimeFormat('en-GB', { hour: 'numeric', hourCycle: 'h23', timeZone }).format(now),
	);
	const first = name.trim().split(/\s+/)[0] ?? name;
	if (hour >= 5 && hour < 12) return m.good_morning({ name: first });
	if (hour >= 12 && hour < 18) return m.good_afternoon({ name: first });
	return m.good_evening({ name: first });
}
