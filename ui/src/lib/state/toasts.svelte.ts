/** One line that says what happened, and a way to take it back. */
export interface Toast {
	readonly id: number;
	readonly text: string;
	readonly undo?: (() => Promise<void> | void) | undefined;
	/** A refusal stays until it is closed. */
	readonly trouble: boolean;
}

const SHOWN_MS = 8_000;

let shown = $state<Toast[]>([]);
let nextId = 1;
const timers = new Map<number, ReturnType<typeof setTimeout>>();

function add(text: string, trouble: boolean, undo?: Toast['undo']): void {
	const toast: Toast = { id: nextId++, text, undo, trouble };
	shown = [...shown.slice(-2), toast];
	if (!trouble) wait(toast.id);
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
	/** Says what was done; `undo` takes it back. */
	say(text: string, undo?: Toast['undo']): void {
		add(text, false, undo);
	},
	/** Says what could not be done, and stays until it is closed. */
	refuse(text: string): void {
		add(text, true);
	},
	close,
	/** While someone reads or points at it, a toast does not go away. */
	hold(id: number): void {
		clearTimeout(timers.get(id));
	},
	release(toast: Toast): void {
		if (!toast.trouble) wait(toast.id);
	},
};
