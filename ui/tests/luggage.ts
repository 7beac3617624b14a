import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A real folder with folders in it, names of many scripts, an empty file, and files that take a while. */
export interface Luggage {
	/** `Été 2027`: what is uploaded. */
	readonly folder: string;
	readonly plan: { readonly path: string; readonly name: string; readonly bytes: Buffer };
	/** The same name with other content: the second version. */
	readonly planLater: { readonly path: string; readonly bytes: Buffer };
	/** Large enough to be seen on their way. */
	readonly large: string[];
	/** A second folder, to be dropped. */
	readonly dropped: string;
	readonly files: number;
}

const MB = 1_000_000;

export function pack(): Luggage {
	const root = mkdtempSync(join(tmpdir(), 'palisade-walk-'));
	const put = (bytes: Buffer, ...path: string[]): string => {
		const file = join(root, ...path);
		mkdirSync(join(file, '..'), { recursive: true });
		writeFileSync(file, bytes);
		return file;
	};

	const name = 'Plan du quai – été.pdf';
	const bytes = randomBytes(180_000);
	const path = put(bytes, 'Été 2027', name);
	put(randomBytes(40_000), 'Été 2027', 'Plans', '図面', '日本語.txt');
	put(randomBytes(12_345), 'Été 2027', 'Plans', 'Схема сцены.dwg');
	// The same letters as a Mac writes them: base letter, then accent.
	put(randomBytes(900), 'Été 2027', 'Plans', 'cafe\u0301.md');
	put(Buffer.alloc(0), 'Été 2027', 'Letters', 'empty.txt');
	put(randomBytes(2_000), 'Été 2027', 'Letters', 'عربي — reply.docx');
	put(randomBytes(3_000), 'Été 2027', '🏕 camp.jpg');

	const later = randomBytes(200_000);
	const planLater = { path: put(later, 'later', name), bytes: later };

	const large = [
		'Drone flight, east quay.mov',
		'Survey photos.zip',
		'Stage, all layers.psd',
		'Sound check.wav',
	].map((each, i) => put(randomBytes((9 + 3 * i) * MB), 'large', each));
	put(randomBytes(700), 'From the lake', 'readme.txt');
	put(randomBytes(800), 'From the lake', 'Boats', 'sails.csv');
	return {
		folder: join(root, 'Été 2027'),
		plan: { path, name, bytes },
		planLater,
		large,
		dropped: join(root, 'From the lake'),
		files: 7,
	};
}
