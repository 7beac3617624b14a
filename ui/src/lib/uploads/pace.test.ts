import { expect, it } from 'vitest';
import { Pace } from './pace';

it('says nothing before it has seen enough', () => {
	const pace = new Pace();
	expect(pace.speed(0)).toBeNull();
	pace.mark(0, 0);
	pace.mark(1_000, 100);
	expect(pace.speed(100)).toBeNull();
	expect(pace.remaining(10_000, 100)).toBeNull();
});

it('follows the last five seconds', () => {
	const pace = new Pace();
	for (let second = 0; second <= 10; second += 1) pace.mark(second * 1_000, second * 1_000);
	expect(pace.speed(10_000)).toBe(1_000);
	for (let second = 11; second <= 20; second += 1) pace.mark(10_000 + (second - 10) * 5_000, second * 1_000);
	expect(pace.speed(20_000)).toBe(5_000);
	expect(pace.remaining(85_000, 20_000)).toBe(5);
});

it('slows down while nothing moves', () => {
	const pace = new Pace();
	pace.mark(0, 0);
	pace.mark(1_000, 1_000);
	expect(pace.speed(4_000)).toBe(250);
});

it('begins anew with a new try', () => {
	const pace = new Pace();
	pace.mark(0, 0);
	pace.mark(9_000, 1_000);
	pace.mark(0, 2_000);
	pace.mark(500, 3_000);
	expect(pace.speed(3_000)).toBe(500);
});
