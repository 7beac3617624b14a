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
/** Who is on the way, and is told where there is no way any more. */
const travellers = new Set<() => void>();

/** How long a probe may take. */
const PROBE_MS = 4_000;
/** What the program says while another place takes over, or where nobody knows yet what became of a change. */
const PASSING = ['database-away', 'unknown-outcome'];

/**
 * Answers that are none: of something in between, while the program itself is away, or of the program while it
 * has no database. What was asked has to be asked again, under the same key.
 */
export async function isNoAnswer(answer: Response): Promise<boolean> {
	if (answer.status !== 502 && answer.status !== 503 && answer.status !== 504) return false;
	if (!(answer.headers.get('Content-Type') ?? '').includes('json')) return true;
	const { type } = (await answer.clone().json()) as { type?: string };
	return isPassing(type?.split(':').at(-1));
}

/** Whether a problem of this code goes by itself. */
export function isPassing(code: string | undefined): boolean {
	return PASSING.includes(code ?? '');
}

function lose(): void {
	lost = true;
	// Also those who set out since it was lost.
	for (const tell of [...travellers]) tell();
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
	const answered = await answers();
	asking = false;
	if (answered) find();
	else lose();
}

async function answers(): Promise<boolean> {
	try {
		// A connection may be dead without anybody having said so.
		const signal = AbortSignal.timeout(PROBE_MS);
		return !(await isNoAnswer(await globalThis.fetch(PROBE, { cache: 'no-store', signal })));
	} catch {
		return false;
	}
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
	/** Hears that it is lost; answers how to stop. */
	onLost(hear: () => void): () => void {
		travellers.add(hear);
		return () => travellers.delete(hear);
	},
	/** Hears when it is back; answers how to stop. */
	onBack(hear: () => void): () => void {
		listeners.add(hear);
		return () => listeners.delete(hear);
	},
};
