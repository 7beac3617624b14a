/** Which file an upload waits for. */
import type { UnfinishedUpload } from '$lib/api/types';

/** A file as a person picked it. */
interface Dated extends Blob {
	readonly lastModified?: number;
}

/** When a file was changed last, in milliseconds since 1970; none for what is no file. */
export function modified(file: Dated): number | null {
	return file.lastModified ?? null;
}

/** Whether a file is the one that an upload waits for: its name, its length and its last change. */
export function isOf(
	upload: Pick<UnfinishedUpload, 'name' | 'length' | 'modified'>,
	name: string,
	file: Dated,
): boolean {
	return (
		upload.modified !== null &&
		upload.name === name &&
		upload.length === file.size &&
		upload.modified === modified(file)
	);
}
