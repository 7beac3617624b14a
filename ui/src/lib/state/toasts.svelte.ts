import { sentenceFor } from './sentence';

/** One line that says what happened, and a way to take it back. */
export interface Toast {
	readonly id: number;
	readonly text: string;
	/** The things it speaks of. What happens to one of them next overtakes it. */
	readonly about: readonly string[];
	readonly undo?: (() => Promise<void> | void) | undefined;
	/** A refusal stays until it is closed. */
	readonly trouble: boolean;
	/** Something is under way: how much of it is done, of how much, and how to stop it. */
	readonly work?: { readonly done: number; readonly total: number; readonly stop: () => void };
}

/** Something under way, as whoever does it sees it. */
export interface Work {
	readonly progress: (done: number) => void;
	readonly stopped: () => boolean;
	readonly close: () => void;
}

const SHOWN_MS = 8_000;
/** What takes less is over before one could read of it. */
const LONG_MS = 1_000;
/** The most that stand over the page at once. */
const MOST = 3;

let shown = $state.raw<readonly Toast[]>([]);
let nextId = 1;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function add(toast: Omit<Toast, 'id'>): number {
	overtake(...toast.about);
	const id = nextId++;
	for (const old of shown.filter(({ work }) => !work).slice(0, 1 - MOST)) close(old.id);
	shown = [...shown, { ...toast, id }];
	if (!toast.trouble && !toast.work) wait(id);
	return id;
}

/** What was said of a thing no longer holds: its way back would lead somewhere else by now. */
function overtake(...about: string[]): void {
	for (const toast of shown) if (toast.about.some((id) => about.includes(id))) close(toast.id);
}

function wait(id: number): void {
	timers.set(
		id,
		setTimeout(() => {
			close(id);
		}, SHOWN_MS),
	);
}

function close(id: number): void {
	clearTimeout(timers.get(id));
	timers.delete(id);
	shown = shown.filter((toast) => toast.id !== id);
}

export const toasts = {
	get shown(): readonly Toast[] {
		return shown;
	},
	/** Says what was done; `undo` takes it back. `about` are the ids of the things it was done to. */
	say(text: string, undo?: Toast['undo'], about: string | readonly string[] = []): void {
		add({ text, undo, about: typeof about === 'string' ? [about] : about, trouble: false });
	},
	/** Says what could not be done, and stays until it is closed. */
	refuse(text: string): void {
		add({ text, about: [], trouble: true });
	},
	/** Something begins that may take a while: after a second it shows how far it is, and can be stopped. */
	work(text: string, total: number): Work {
		let stopped = false;
		let done = 0;
		let id: number | null = null;
		const stop = (): void => {
			stopped = true;
		};
		const timer = setTimeout(() => {
			id = add({ text, about: [], trouble: false, work: { done, total, stop } });
		}, LONG_MS);
		return {
			progress: (count) => {
				done = count;
				shown = shown.map((toast) => (toast.id === id ? { ...toast, work: { done, total, stop } } : toast));
			},
			stopped: () => stopped,
			close: () => {
				clearTimeout(timer);
				if (id !== null) close(id);
			},
		};
	},
	close,
	overtake,
	/** Takes back what was done last and still can be; answers whether there was anything. */
	undoLast(): boolean {
		const last = shown.findLast((toast) => toast.undo !== undefined);
		if (last) this.takeBack(last);
		return last !== undefined;
	},
	takeBack(toast: Toast): void {
		close(toast.id);
		void (async () => {
			try {
				await toast.undo?.();
			} catch (thrown) {
				this.refuse(sentenceFor(thrown));
			}
		})();
	},
	/** While someone reads or points at it, a toast does not go away. */
	hold(id: number): void {
		clearTimeout(timers.get(id));
	},
	release(toast: Toast): void {
		if (!toast.trouble && !toast.work) wait(toast.id);
	},
};
