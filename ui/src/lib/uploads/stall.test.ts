import { expect, it, vi } from 'vitest';
import { Stall } from './stall';

it('acts once where nothing moves for too long, and not after the end', () => {
	vi.useFakeTimers();
	const act = vi.fn();
	const stall = new Stall(act, { onBack: () => () => undefined, tryNow: () => undefined }, 100);
	vi.advanceTimersByTime(90);
	stall.moved();
	vi.advanceTimersByTime(90);
	expect(act).not.toHaveBeenCalled();
	vi.advanceTimersByTime(500);
	expect(act).toHaveBeenCalledOnce();
	stall.moved();
	stall.over();
	vi.advanceTimersByTime(500);
	expect(act).toHaveBeenCalledOnce();
	vi.useRealTimers();
});

it('is not waited for where the connection is back and it has not moved', () => {
	vi.useFakeTimers();
	let back: () => void = () => undefined;
	const act = vi.fn();
	const tryNow = vi.fn();
	const onBack = (hear: () => void) => {
		back = hear;
		return () => (back = () => undefined);
	};
	const stall = new Stall(act, { onBack, tryNow });
	back();
	expect(act).not.toHaveBeenCalled();
	vi.advanceTimersByTime(6_000);
	expect(tryNow).toHaveBeenCalledOnce();
	back();
	expect(act).toHaveBeenCalledOnce();
	back();
	stall.over();
	expect(act).toHaveBeenCalledOnce();
	vi.useRealTimers();
});
