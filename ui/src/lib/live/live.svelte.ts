/**
 * What others change, as it happens: one socket a tab tells that something changed, and what the page
 * has read of it is read again. While someone is in the middle of something (a name being typed, a
 * dialog, a drag) the page stays as it is; what came meanwhile is read after that.
 */
import { invalidate } from '$app/navigation';
import { navigating } from '$app/state';
import type { LiveMessage } from '$lib/api/types';
import { connection } from '$lib/state/connection.svelte';
import { LiveSocket } from './socket';
import { keys, staleAfter } from './stale';
import { TAB } from './tab';

const ADDRESS = `${location.origin.replace(/^http/, 'ws')}/api/v1/live`;
/** What comes together is read together. */
const SOON_MS = 60;
/** Reads rest at least so long, and twice as long as the last one took. */
const REST_MS = 400;

let me = '';
/** How many are in the middle of something. */
let holds = 0;
let stale = new Set<string>();
let everything = false;
let reading = false;
let restsUntil = 0;
let timer: ReturnType<typeof setTimeout> | null = null;
/** The first time a socket is there the page has just been read, but for what is read once a visit. */
let first = true;

const socket = new LiveSocket({
	open: () => new WebSocket(ADDRESS),
	later: (act, milliseconds) => {
		const later = setTimeout(act, milliseconds);
		return () => {
			clearTimeout(later);
		};
	},
	random: Math.random,
	said: hear,
	lost: (signedOut) => {
		if (signedOut) void invalidate(keys.session);
		// Whether the program answers at all is found out by asking it.
		else void connection.tryNow();
	},
});

function hear({ kind, changes }: LiveMessage): void {
	if (kind === 'resync') {
		everything = true;
	} else if (kind === 'changed') {
		for (const change of changes ?? []) {
			if (change.tab !== TAB) for (const key of staleAfter(change, me)) stale.add(key);
		}
	}
	later();
}

function later(): void {
	if (timer !== null || (stale.size === 0 && !everything)) return;
	timer = setTimeout(
		() => {
			timer = null;
			void read();
		},
		Math.max(SOON_MS, restsUntil - performance.now()),
	);
}

async function read(): Promise<void> {
	// Each of these calls `later` when it is over. A navigation would be cut off by a read.
	if (reading || holds > 0 || document.hidden || connection.lost || navigating.to !== null) return;
	const [all, some] = [everything, stale];
	const spared: string[] = first ? [keys.session, keys.account] : [];
	[everything, stale, first] = [false, new Set(), false];
	reading = true;
	const begun = performance.now();
	try {
		await invalidate(({ href }) =>
			all ? href.startsWith('palisade:') && !spared.includes(href) : some.has(href),
		);
	} finally {
		reading = false;
		const now = performance.now();
		restsUntil = now + Math.max(REST_MS, 2 * (now - begun));
		later();
	}
}

function hide(): void {
	// A page that sleeps in the browser's memory holds no connection.
	socket.stop();
}

function show(event: PageTransitionEvent): void {
	if (event.persisted) socket.start();
}

export const live = {
	/** Listens for the person with this id; answers how to stop. */
	begin(person: string): () => void {
		me = person;
		socket.start();
		const forget = connection.onBack(() => {
			socket.renew();
			later();
		});
		document.addEventListener('visibilitychange', later);
		window.addEventListener('pagehide', hide);
		window.addEventListener('pageshow', show);
		return () => {
			socket.stop();
			forget();
			document.removeEventListener('visibilitychange', later);
			window.removeEventListener('pagehide', hide);
			window.removeEventListener('pageshow', show);
		};
	},
	/** Another page is shown. */
	arrived: later,
	/** Lets the page stay as it is until what this answers is called. */
	hold(): () => void {
		holds += 1;
		return () => {
			holds -= 1;
			later();
		};
	},
};
