import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import subset from 'subset-font';
import type { Plugin } from 'vite';

/**
 * The faces of the pages, cut from the packages they come in to what the pages show of them. What everyone
 * meets is a small file of its own, `core`; the letters of other languages travel where a page has one.
 */
const FACES: readonly Face[] = [
	// The design has five weights of it, from 400 to 700.
	{ from: '@fontsource-variable/inter/wght.css', family: 'Inter', weights: { min: 400, max: 700 } },
	// Signs are written in one weight.
	{ from: '@fontsource-variable/national-park/wght.css', family: 'National Park', weights: 700 },
];

interface Face {
	/** A sheet with one `@font-face` for each script. */
	readonly from: string;
	readonly family: string;
	readonly weights: number | { min: number; max: number };
}

/**
 * ASCII, the letters of western Europe, typography, and the signs of sizes and prices. A letter and its
 * accent apart, as a Mac writes them, become one only if the file that has the letter has both in one.
 */
const CORE =
	String.fromCodePoint(...span(0x20, 0x7e)) +
	'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖŒØÙÚÛÜÝŸßàáâãäåæçèéêëìíîïñòóôõöœøùúûüýÿ' +
	'«»“”‘’‚„–—…·•§°©®€£×−²³↑↓\u00a0\u00ad\u2009\u2011\u202f';

/** Characters without a picture. They are in no file, and none is fetched for them. */
const UNSEEN = [...span(0x00, 0x1f), ...span(0x7f, 0x9f), ...span(0x200b, 0x200f), 0x2060, 0xfeff];

/** What a browser does by itself, and figures of one width. Fractions and the like are asked for nowhere. */
const FEATURES = 'calt ccmp clig kern liga locl mark mkmk rclt rlig rvrn tnum'.split(' ');

/** Names of the licence and of its address stay in the files, as the licence wants (OFL 1.1, 2). */
const LICENCE_NAMES = [13, 14];

const SHEET = 'palisade:fonts.css';
const FOLDER = join(import.meta.dirname, '.svelte-kit/fonts');

/** Makes the fonts before the pages are built, and gives them as one sheet: `import 'palisade:fonts.css'`. */
export function fonts(): Plugin {
	const sheet = join(FOLDER, 'fonts.css');
	let made: Promise<void> | undefined;
	return {
		name: 'palisade:fonts',
		enforce: 'pre',
		async resolveId(id) {
			if (id !== SHEET) return null;
			await (made ??= make(sheet));
			return sheet;
		},
	};
}

async function make(sheet: string): Promise<void> {
	rmSync(FOLDER, { recursive: true, force: true });
	mkdirSync(FOLDER, { recursive: true });
	const core = new Set(codes(CORE + readMessages()).filter((code) => !UNSEEN.includes(code)));
	const rules = await Promise.all(FACES.map((face) => cut(face, core)));
	writeFileSync(sheet, rules.flat().join('\n'));
}

/** A word of the interface in Latin letters never waits for a second file. */
function readMessages(): string {
	const folder = join(import.meta.dirname, 'messages');
	return readdirSync(folder)
		.map((name) => readFileSync(join(folder, name), 'utf8'))
		.join('');
}

/** Writes the files of one face; answers with their rules. */
async function cut(face: Face, core: ReadonlySet<number>): Promise<string[]> {
	const source = createRequire(import.meta.url).resolve(face.from);
	const rules: string[] = [];
	for (const { name, file, range } of readSheet(source)) {
		const font = readFileSync(join(dirname(source), file));
		const unseen = name === 'latin' ? UNSEEN : [];
		const parts = [
			{ name, points: range.filter((code) => !core.has(code) && !UNSEEN.includes(code)) },
			...(name === 'latin' ? [{ name: 'core', points: range.filter((code) => core.has(code)) }] : []),
		];
		for (const part of parts) {
			const small = await subset(font, String.fromCodePoint(...part.points), {
				targetFormat: 'woff2',
				variationAxes: { wght: face.weights },
				keepFeatures: FEATURES,
				preserveNameIds: LICENCE_NAMES,
			});
			const cutFile = `${face.family.toLowerCase().replace(' ', '-')}-${part.name}.woff2`;
			writeFileSync(join(FOLDER, cutFile), small);
			rules.push(rule(face, cutFile, part.name === 'core' ? [...part.points, ...unseen] : part.points));
		}
	}
	return rules;
}

/** The files that a sheet of fontsource names, each with the characters in it. */
function readSheet(path: string): { name: string; file: string; range: number[] }[] {
	const found = [
		...readFileSync(path, 'utf8').matchAll(
			/@font-face\s*\{[^}]*url\(\.\/(files\/(?:\w+-)*?((?:latin|greek|cyrillic|vietnamese)(?:-ext)?)-wght-normal\.woff2)\)[^}]*unicode-range:\s*([^;]+);/g,
		),
	];
	if (found.length === 0) throw new Error(`no font is found in ${path}: its shape has changed`);
	return found.map(([, file = '', name = '', ranges = '']) => ({
		name,
		file,
		range: ranges.split(',').flatMap((one) => {
			const [first = '', last = first] = one.trim().slice('U+'.length).split('-');
			return span(parseInt(first, 16), parseInt(last, 16));
		}),
	}));
}

function rule(face: Face, file: string, points: readonly number[]): string {
	const weights = typeof face.weights === 'number' ? face.weights : `${face.weights.min} ${face.weights.max}`;
	return `@font-face {
	font-family: '${face.family}';
	font-style: normal;
	font-display: swap;
	font-weight: ${weights};
	src: url(./${file}) format('woff2');
	unicode-range: ${ranges(points)};
}`;
}

/** U+20-7E,U+A0: neighbours together. */
function ranges(points: readonly number[]): string {
	const spans: { first: number; last: number }[] = [];
	for (const code of points.toSorted((one, other) => one - other)) {
		const before = spans.at(-1);
		if (before?.last === code - 1) before.last = code;
		else spans.push({ first: code, last: code });
	}
	const hex = (code: number) => code.toString(16).toUpperCase();
	return spans.map(({ first, last }) => `U+${hex(first)}${first === last ? '' : `-${hex(last)}`}`).join(',');
}

function codes(text: string): number[] {
	return Array.from(text, (sign) => sign.codePointAt(0) ?? 0);
}

function span(first: number, last: number): number[] {
	return Array.from({ length: last - first + 1 }, (_, step) => first + step);
}
