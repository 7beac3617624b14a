import { beforeEach, expect, it } from 'vitest';
import type { LiveMessage } from '$lib/api/types';
import { LiveSocket, SILENCE_MS, type Wire } from './socket';

let wires: Wire[];
let timers: { act: () => void; at: number }[];
let said: LiveMessage[];
let lost: boolean[];
let socket: LiveSocket;

beforeEach(() => {
	wires = [];
	timers = [];
	said = [];
	lost = [];
	socket = new LiveSocket({
		open: () => {
			const wire: Wire = { onmessage: null, onclose: null, close: () => undefined };
			wires.push(wire);
			return wire;
		},
		later: (act, at) => {
			const timer = { act, at };
			timers.push(timer);
			return () => {
				timers = timers.filter((other) => other !== timer);
			};
		},
		random: () => 1,
		said: (message) => said.push(message),
		lost: (signedOut) => lost.push(signedOut),
	});
});

const last = (): Wire => wires.at(-1) as Wire;
const say = (data: unknown) => last().onmessage?.({ data } as MessageEvent);
const close = (code: number) => last().onclose?.({ code } as CloseEvent);
function wait(): number {
	const [timer] = timers.splice(0, 1);
	timer?.act();
	return timer?.at ?? Number.NaN;
}

it('hears what it understands and passes over the rest', () => {
	socket.start();
	say('{"v":1,"kind":"resync"}');
	say('{"v":2,"kind":"changed"}');
	say('no json');
	say(new ArrayBuffer(1));
	expect(said).toEqual([{ v: 1, kind: 'resync' }]);
});

it('waits longer each time, and begins anew once something was said', () => {
	socket.start();
	const pauses = Array.from({ length: 7 }, () => {
		close(1006);
		return wait();
	});
	expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
	say('{"v":1,"kind":"alive"}');
	close(1012);
	expect(wait()).toBe(1_000);
	expect(lost).toEqual(Array(8).fill(false));
});

it('gives up a connection on which nothing comes', () => {
	socket.start();
	expect(wait()).toBe(SILENCE_MS);
	expect(lost).toEqual([false]);
	wait();
	expect(wires).toHaveLength(2);
});

it('says that one is signed out, and stops when it is told to', () => {
	socket.start();
	close(1008);
	expect(lost).toEqual([true]);
	socket.stop();
	expect(timers).toEqual([]);
	socket.now();
	expect(wires).toHaveLength(1);
});

it('tries at once when it is told that there is a connection again', () => {
	socket.start();
	close(1006);
	socket.now();
	socket.now();
	expect(wires).toHaveLength(2);
});

it('is opened anew though nobody said that it is gone', () => {
	socket.start();
	socket.renew();
	expect(wires).toHaveLength(2);
	expect(lost).toEqual([]);
	socket.stop();
	socket.renew();
	expect(wires).toHaveLength(2);
});
