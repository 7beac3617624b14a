import { expect, it } from 'vitest';
import { dayAfter, startOfDay, startOfYesterday } from './days';

const iso = (date: Date) => date.toISOString();

it('begins a day where the person is', () => {
	expect(iso(startOfDay('2026-11-23', 'Europe/Paris'))).toBe('2026-11-22T23:00:00.000Z');
	expect(iso(startOfDay('2026-07-01', 'Europe/Paris'))).toBe('2026-06-30T22:00:00.000Z');
	expect(iso(startOfDay('2026-11-23', 'Nowhere/Land'))).toBe('2026-11-23T00:00:00.000Z');
	// In Cairo the clocks of this day go from midnight to one.
	expect(iso(startOfDay('2026-04-24', 'Africa/Cairo'))).toBe('2026-04-23T22:00:00.000Z');
});

it('knows the day after', () => {
	expect(dayAfter('2026-12-31')).toBe('2027-01-01');
	expect(dayAfter('2028-02-28')).toBe('2028-02-29');
});

it('begins yesterday where the person is, also over a change of the clocks', () => {
	const now = new Date('2026-11-23T22:59:00Z');
	expect(iso(startOfYesterday(now, 'Europe/Paris'))).toBe('2026-11-21T23:00:00.000Z');
	expect(iso(startOfYesterday(new Date('2026-11-23T23:01:00Z'), 'Europe/Paris'))).toBe(
		'2026-11-22T23:00:00.000Z',
	);
	expect(iso(startOfYesterday(new Date('2026-10-26T12:00:00Z'), 'Europe/Paris'))).toBe(
		'2026-10-24T22:00:00.000Z',
	);
});
