/** Takes files to this device. */
import { contentAddress } from '$lib/api/files';
import type { Entry } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { toasts } from '$lib/state/toasts.svelte';

/** A browser that is asked for several at once begins the last of them alone. */
const APART_MS = 250;

/** Begins the download of each file, one after the other. Folders stay: their files are taken one by one. */
export async function download(entries: readonly Entry[]): Promise<void> {
	const files = entries.filter(({ kind }) => kind === 'file');
	const left = entries.length - files.length;
	if (left > 0) toasts.say(m.download_without_folders({ count: left }));
	const work = toasts.work(m.download_begins({ count: files.length }), files.length);
	for (const [done, file] of files.entries()) {
		if (done > 0) await new Promise((fulfil) => setTimeout(fulfil, APART_MS));
		if (work.stopped()) break;
		begin(file);
		work.progress(done + 1);
	}
	work.close();
}

function begin(file: Entry): void {
	const link = document.createElement('a');
	link.href = contentAddress(file.id);
	link.download = '';
	document.body.append(link);
	link.click();
	link.remove();
}
