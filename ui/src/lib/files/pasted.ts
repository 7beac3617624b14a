import type { Harvest } from '$lib/uploads/picked';

/** What browsers call a picture that was copied and has no name of its own. */
const NAMELESS = /^image\.(\w+)$/;

/** What was pasted, ready to be added; a picture without a name gets one. */
export function fromPaste(transfer: DataTransfer | null, nameless: string): Harvest {
	const files = Array.from(transfer?.files ?? [], (source, i) => {
		const [, ending] = NAMELESS.exec(source.name) ?? [];
		const count = i === 0 ? '' : ` ${i + 1}`;
		return {
			source,
			name: ending === undefined ? source.name : `${nameless}${count}.${ending}`,
			folders: [],
		};
	});
	return { files, emptyFolders: [] };
}
