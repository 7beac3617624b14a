/**
 * Whether what was changed lately is at one site only, as the answers to the changes say. It ends with the next
 * change that is at enough sites, or as soon as the program says that enough follow again.
 */
const HEADER = 'X-Durability';
/** How often the program is asked while it is so. It looks once a minute itself. */
const ASK_MS = 30_000;
const TRUST = '/api/v1/trust';

let atRisk = $state(false);
let timer: ReturnType<typeof setTimeout> | null = null;

function later(): void {
	timer ??= setTimeout(() => {
		timer = null;
		void ask();
	}, ASK_MS);
}

async function ask(): Promise<void> {
	if (!atRisk) return;
	try {
		const answer = await globalThis.fetch(TRUST);
		const { rows } = (await answer.json()) as { rows: { state: string; evidence: { id: string } }[] };
		const row = rows.find(({ evidence }) => evidence.id === 'replication');
		if (row?.state === 'standing') atRisk = false;
	} catch {
		// Nobody knows: it stays as it is.
	}
	if (atRisk) later();
}

export const risk = {
	get now(): boolean {
		return atRisk;
	},
	/** Hears what an answer says of it. */
	hear(headers: Headers, changed: boolean): void {
		const marked = headers.get(HEADER) === 'at-risk';
		if (marked) later();
		if (marked || changed) atRisk = marked;
	},
};
