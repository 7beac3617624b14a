/**
 * Whether the program answers, as the requests themselves find out. While it does not, it is asked again
 * and again by itself, and whoever waits is told when it is back.
 */
const PAUSES_MS = [1_000, 2_000, 5_000, 10_000, 15_000];
/** So long there must have been an answer until the pauses are short again. */
const CALM_MS = 30_000;
/** Answers at both kinds of host, to everybody, and changes nothing. */
const PROBE = '/api/v1/door';

let lost = $state(false);
let asking = $state(false);
/** Changes that wait to be sent. */
let kept = $state(0);
let deviceOnline = $state(navigator.onLine);
let tries = 0;
let foundAt = -Infinity;
let timer: ReturnType<typeof setTimeout> | null = null;
const waiting = new Set<() => void>();
const listeners = new Set<() => void>();

/** Answers that come from something in between, while the program itself is away. */
export function isNoAnswer(answer: Response): boolean {
	if (answer.status !== 502 && answer.status !== 503 && answer.status !== 504) return false;
	return !(answer.headers.get('Content-Type') ?? '').includes('json');
}

function lose(): void {
	lost = true;
	if (timer !== null || asking) return;
	// What is lost again at once is not asked for at once, though the probe found an answer.
	if (performance.now() - foundAt > CALM_MS) tries = 0;
	const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)];
	timer = setTimeout(() => void probe(), pause);
	tries += 1;
}

async function probe(): Promise<void> {
	if (timer !== null) clearTimeout(timer);
	timer = null;
	if (asking) return;
	asking = true;
	let answered: boolean;
	try {
		answered = !isNoAnswer(await globalThis.fetch(PROBE, { cache: 'no-store' }));
	} catch {
		answered = false;
	}
	asking = false;
	if (answered) find();
	else lose();
}

function find(): void {
	foundAt = performance.now();
	if (!lost) return;
	lost = false;
	for (const go of waiting) go();
	waiting.clear();
	for (const hear of listeners) hear();
}

window.addEventListener('offline', () => {
	deviceOnline = false;
	lose();
});
window.addEventListener('online', () => {
	deviceOnline = true;
	if (lost) void probe();
});

// What waits is in this page alone.
window.addEventListener('beforeunload', (event) => {
	if (kept > 0) event.preventDefault();
});

export const connection = {
	get lost(): boolean {
		return lost;
	},
	get asking(): boolean {
		return asking;
	},
	/** Changes that are sent as soon as it is back. */
	get kept(): number {
		return kept;
	},
	/** Whether the device itself has a network; without one it need not be the program's fault. */
	get deviceOnline(): boolean {
		return deviceOnline;
	},
	/**
	 * Whether requests wait for the connection instead of failing: inside an account, where a page is
	 * there already and nothing of it may be lost.
	 */
	patient: false,
	/** A request found no answer. */
	lose,
	tryNow: probe,
	/** Waits until there is an answer again; `keeps` is whether a change waits with it. */
	async back(signal: AbortSignal, keeps: boolean): Promise<void> {
		if (keeps) kept += 1;
		let wake: (() => void) | null = null;
		try {
			await new Promise<void>((fulfil, refuse) => {
				wake = fulfil;
				waiting.add(fulfil);
				signal.addEventListener('abort', () => {
					refuse(new DOMException('cancelled', 'AbortError'));
				});
			});
		} finally {
			if (wake) waiting.delete(wake);
			if (keeps) kept -= 1;
		}
	},
	/** Hears when it is back; answers how to stop. */
	onBack(hear: () => void): () => void {
		listeners.add(hear);
		return () => listeners.delete(hear);
	},
};
