import type { Attachment } from 'svelte/attachments';
import type { Entry } from '$lib/api/types';

/** What the rows and tiles of a list hand on. */
export interface ListActs {
	readonly href: (entry: Entry) => string;
	readonly open: (entry: Entry) => void;
	readonly menu: (event: MouseEvent, entry: Entry) => void;
	readonly rename: (entry: Entry, name: string) => Promise<boolean>;
	/** Makes an element something to drag, and a folder something to drop on. */
	readonly row: (entry: Entry) => Attachment<HTMLElement>;
}
