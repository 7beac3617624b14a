/**
 * Entries that are dragged within the page. What a drag carries cannot be read before it is dropped, so
 * the page remembers it.
 */
import type { Attachment } from 'svelte/attachments';
import type { Entry } from '$lib/api/types';

/** Tells a drag of entries from one of files that come from outside. */
const KIND = 'application/x-palisade-entries';

let held = $state.raw<readonly Entry[]>([]);

export const dragging = {
	get entries(): readonly Entry[] {
		return held;
	},
	start(event: DragEvent, entries: readonly Entry[], picture: HTMLElement | null): void {
		if (!event.dataTransfer) return;
		held = entries;
		event.dataTransfer.effectAllowed = 'move';
		event.dataTransfer.setData(KIND, '');
		if (picture) event.dataTransfer.setDragImage(picture, 12, 16);
	},
	end(): void {
		held = [];
	},
};

/** A folder into which the dragged entries can be dropped; null is the project's first folder. */
export function dropFolder(
	folder: string | null,
	move: (entries: readonly Entry[], folder: string | null) => void,
): Attachment<HTMLElement> {
	const takes = () =>
		held.length > 0 && held.every((entry) => entry.id !== folder && entry.parent !== folder);
	return (element) => {
		let depth = 0;
		const mark = (): void => {
			element.classList.toggle('drop-over', depth > 0 && takes());
		};
		const hear = {
			dragenter: (event: DragEvent) => {
				depth += 1;
				if (takes()) event.preventDefault();
				mark();
			},
			dragleave: () => {
				depth = Math.max(0, depth - 1);
				mark();
			},
			dragover: (event: DragEvent) => {
				if (takes()) event.preventDefault();
			},
			drop: (event: DragEvent) => {
				depth = 0;
				if (takes()) {
					event.preventDefault();
					move(held, folder);
				}
				held = [];
				mark();
			},
		};
		const heard = Object.entries(hear) as [keyof typeof hear, (event: DragEvent) => void][];
		for (const [type, listener] of heard) element.addEventListener(type, listener);
		return () => {
			for (const [type, listener] of heard) element.removeEventListener(type, listener);
		};
	};
}
