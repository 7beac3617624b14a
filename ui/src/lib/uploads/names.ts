/** File names as people type them and as the program compares them. */

/** By which names are compared: two clash where they are the same in Unicode's composed form. */
export function comparable(name: string): string {
	return name.normalize('NFC');
}

/**
 * The name under which a second file is kept beside the first: `Plan.pdf`, `Plan (2).pdf`,
 * `Plan (3).pdf`. A name that starts with its only dot has no ending.
 */
export function nameBeside(name: string, taken: (name: string) => boolean): string {
	const dot = name.lastIndexOf('.');
	const stem = dot > 0 ? name.slice(0, dot) : name;
	const ending = dot > 0 ? name.slice(dot) : '';
	const counted = /^(.*) \((\d+)\)$/.exec(stem);
	const base = counted?.[1] ?? stem;
	for (let n = counted ? Number(counted[2]) + 1 : 2; ; n += 1) {
		const candidate = `${base} (${n})${ending}`;
		if (!taken(candidate)) return candidate;
	}
}
