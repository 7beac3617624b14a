/**
 * Changes of things that others may change too. The program takes a change only onto what was read
 * (412); then what the others did is read, and where both did something different to the same field the
 * person sees both and chooses. Nothing is overwritten unseen, and nothing typed is lost.
 */
import { Problem } from '$lib/api/problem';
import { differences, isDone } from './differences';

export interface Side {
	readonly label: string;
	readonly mine: string;
	readonly theirs: string;
}

interface Question {
	/** What it is about, by name. */
	readonly name: string;
	readonly sides: readonly Side[];
	readonly answer: (choice: 'mine' | 'theirs' | null) => void;
}

let question = $state.raw<Question | null>(null);

export const sides = {
	get question(): Question | null {
		return question;
	},
};

interface Change<T> {
	readonly name: string;
	/** The thing as it was when the person began. */
	readonly before: T;
	readonly change: Partial<T>;
	readonly read: () => Promise<T>;
	readonly write: (onto: T, change: Partial<T>) => Promise<T>;
	/** A field and what stands in it, in words. */
	readonly words: (field: keyof T & string, value: unknown) => { label: string; value: string };
}

/** Changes a thing; answers what it is in the end, or null where the person went back to the form. */
export async function change<T extends { revision: number }>(wanted: Change<T>): Promise<T | null> {
	let onto = wanted.before;
	for (;;) {
		try {
			return await wanted.write(onto, wanted.change);
		} catch (thrown) {
			if (!Problem.is(thrown) || thrown.status !== 412) throw thrown;
		}
		const theirs = await wanted.read();
		if (isDone(theirs, wanted.change)) return theirs;
		const different = differences(onto, theirs, wanted.change);
		if (different.length > 0) {
			const choice = await ask(
				wanted.name,
				different.map(({ field, mine, theirs: other }) => ({
					label: wanted.words(field, mine).label,
					mine: wanted.words(field, mine).value,
					theirs: wanted.words(field, other).value,
				})),
			);
			if (choice === null) return null;
			if (choice === 'theirs') return theirs;
		}
		onto = theirs;
	}
}

function ask(name: string, both: readonly Side[]): Promise<'mine' | 'theirs' | null> {
	return new Promise((fulfil) => {
		question = {
			name,
			sides: both,
			answer: (choice) => {
				question = null;
				fulfil(choice);
			},
		};
	});
}
