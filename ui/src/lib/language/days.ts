/** Days of the calendar, where a person is. Pure. */
import { fromDate, parseDate, toCalendarDate } from '@internationalized/date';
import { knownZone } from './format';

/** The moment at which a day begins: 2026-11-23 in Paris is 2026-11-22T23:00Z. */
export const startOfDay = (day: string, timeZone: string): Date => parseDate(day).toDate(knownZone(timeZone));

export const dayAfter = (day: string): string => parseDate(day).add({ days: 1 }).toString();

/** The moment at which yesterday began. */
export function startOfYesterday(now: Date, timeZone: string): Date {
	const zone = knownZone(timeZone);
	const today = toCalendarDate(fromDate(now, zone));
	return today.subtract({ days: 1 }).toDate(zone);
}
