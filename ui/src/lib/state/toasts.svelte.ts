import { sentenceFor } from './sentence';

/** One line that says what happened, and a way to take it back. */
export interface Toast {
	readonly id: number;
	readonly text: string;
	/** The thing it speaks of. What happens to the thing next overtakes it. */
	readonly about?: string | undefined;
	readonly undo?: (() => Promise<void> | void) | undefined;
	/** A refusal stays until it is closed. */
	readonly trouble: boolean;
}

const SHOWN_MS = 8_000;

let shown = $state<Toast[]>([]);
let nextId = 1;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function add(text: string, trouble: boolean, undo?: Toast['undo'], about?: string): void {
	if (about !== undefined) overtake(about);
	const toast: Toast = { id: nextId++, text, about, undo, trouble };
	for (const { id } of shown.slice(0, -2)) close(id);
	shown = [...shown, toast];
	if (!trouble) wait(toast.id);
}

/** What was said of a thing no longer holds: its way back would lead somewhere else by now. */
function overtake(about: string): void {
	for (const toast of shown) if (toast.about === about) close(toast.id);
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
	/** Says what was done; `undo` takes it back. `about` is the id of the thing it was done to. */
	say(text: string, undo?: Toast['undo'], about?: string): void {
		add(text, false, undo, about);
	},
	/** Says what could not be done, and stays until it is closed. */
	refuse(text: string): void {
		add(text, true);
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
				add(sentenceFor(thrown), true);
			}
		})();
	},
	/** While someone reads or points at it, a toast does not go away. */
	hold(id: number): void {
		clearTimeout(timers.get(id));
	},
	release(toast: Toast): void {
		if (!toast.trouble) wait(toast.id);
	},
};
