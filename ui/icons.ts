import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { Plugin } from 'vite';

/**
 * What a device shows of Palisade outside its pages: the manifest of the web app, and its icons. The pictures
 * are drawn here from `src/icon.svg`, which is made of stakes alone: shapes with straight sides, so that a
 * dozen lines draw them and no library has to.
 */
const FILES: Readonly<Record<string, () => string | Buffer>> = {
	'icon.svg': () => source(),
	'icon-192.png': () => draw({ size: 192 }),
	'icon-512.png': () => draw({ size: 512 }),
	// Devices cut these to a shape of their own: the mark stands well inside, on the ground of the pages.
	'icon-maskable.png': () => draw({ size: 512, ground: CANVAS, margin: 0.2 }),
	'apple-touch-icon.png': () => draw({ size: 180, ground: CANVAS, margin: 0.16 }),
	'manifest.webmanifest': () => JSON.stringify(MANIFEST),
};

/** `--canvas` by day, as in `tokens.css`. */
const CANVAS = '#f1f2ea';

const MANIFEST = {
	name: 'Palisade',
	short_name: 'Palisade',
	id: '/',
	start_url: '/',
	scope: '/',
	display: 'standalone',
	background_color: CANVAS,
	theme_color: CANVAS,
	icons: [
		{ src: '/icon.svg', sizes: 'any', type: 'image/svg+xml' },
		{ src: '/icon-192.png', sizes: '192x192', type: 'image/png' },
		{ src: '/icon-512.png', sizes: '512x512', type: 'image/png' },
		{ src: '/icon-maskable.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
	],
};

const TYPES: Readonly<Record<string, string>> = {
	svg: 'image/svg+xml',
	png: 'image/png',
	webmanifest: 'application/manifest+json',
};

/** Puts the files beside the pages; in development they are drawn when they are asked for. */
export function icons(): Plugin {
	return {
		name: 'palisade:icons',
		generateBundle() {
			if (this.environment.config.build.ssr) return;
			for (const [fileName, make] of Object.entries(FILES))
				this.emitFile({ type: 'asset', fileName, source: make() });
		},
		configureServer(server) {
			server.middlewares.use((request, answer, next) => {
				const name = (request.url ?? '').slice(1);
				const make = FILES[name];
				if (make === undefined) return next();
				answer.setHeader('Content-Type', TYPES[name.split('.').at(-1) ?? ''] ?? '');
				answer.end(make());
			});
		},
	};
}

const source = (): string => readFileSync(join(import.meta.dirname, 'src/icon.svg'), 'utf8').trim();

interface Shape {
	readonly fill: Colour;
	readonly corners: readonly Point[];
}
type Point = readonly [x: number, y: number];
type Colour = readonly [red: number, green: number, blue: number];

/** The side of the square in which the mark is drawn. */
const SIDE = 28;

/** The stakes of the icon, each with its colour by day. */
function shapes(): Shape[] {
	return [...source().matchAll(/<path class="\w" fill="(#\w{6})" d="([^"]+)"/g)].flatMap(
		([, fill = '', path = '']) =>
			path
				.split('z')
				.filter((part) => part !== '')
				.map((part) => ({ fill: colour(fill), corners: cornersOf(part) })),
	);
}

/** The corners of `M x y`, `L x y`, `l dx dy` and `V y`, also where a letter goes without saying. */
function cornersOf(path: string): Point[] {
	const corners: Point[] = [];
	for (const [, letter = '', rest = ''] of path.matchAll(/([A-Za-z])([^A-Za-z]*)/g)) {
		const numbers = (rest.match(/-?[\d.]+/g) ?? []).map(Number);
		while (numbers.length > 0) {
			const [x, y] = corners.at(-1) ?? [0, 0];
			const [first = 0] = numbers.splice(0, 1);
			if (letter === 'V') corners.push([x, first]);
			else if (letter === 'l') corners.push([x + first, y + (numbers.shift() ?? 0)]);
			else if (letter === 'M' || letter === 'L') corners.push([first, numbers.shift() ?? 0]);
			else throw new Error(`the icon has a ${letter} that is not known here`);
		}
	}
	return corners;
}

const colour = (hex: string): Colour =>
	[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour;

/** The mark as a PNG: on a ground, or without one. */
function draw({ size, ground, margin = 0.04 }: { size: number; ground?: string; margin?: number }): Buffer {
	const pixels = new Float64Array(size * size * 4);
	if (ground !== undefined)
		for (let at = 0; at < pixels.length; at += 4) pixels.set([...colour(ground), 255], at);
	const scale = (size * (1 - 2 * margin)) / SIDE;
	for (const { fill, corners } of shapes()) {
		const placed = corners.map(([x, y]): Point => [x * scale + size * margin, y * scale + size * margin]);
		const shares = coverage(placed, size);
		for (let at = 0; at < shares.length; at += 1) {
			const share = shares[at] ?? 0;
			if (share === 0) continue;
			// Laid over what is there already (Porter and Duff, "over").
			const under = ((pixels[at * 4 + 3] ?? 0) / 255) * (1 - share);
			const all = share + under;
			fill.forEach((value, part) => {
				pixels[at * 4 + part] = (value * share + (pixels[at * 4 + part] ?? 0) * under) / all;
			});
			pixels[at * 4 + 3] = all * 255;
		}
	}
	return png(Uint8Array.from(pixels, Math.round), size);
}

/** Lines that are looked at in each row of pixels. */
const LINES = 8;

/** How much of each pixel lies inside the corners: exact along a line, and so many lines a pixel. */
function coverage(corners: readonly Point[], size: number): Float64Array {
	const shares = new Float64Array(size * size);
	for (let line = 0; line < size * LINES; line += 1) {
		const y = (line + 0.5) / LINES;
		const crossings = corners
			.flatMap(([x1, y1], i) => {
				const [x2, y2] = corners[(i + 1) % corners.length] ?? [x1, y1];
				return y1 <= y === y2 <= y ? [] : [x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)];
			})
			.sort((a, b) => a - b);
		for (let i = 0; i + 1 < crossings.length; i += 2) {
			const [from = 0, to = 0] = crossings.slice(i, i + 2);
			for (let x = Math.max(0, Math.floor(from)); x < Math.min(size, to); x += 1) {
				const inside = Math.min(to, x + 1) - Math.max(from, x);
				const at = Math.floor(line / LINES) * size + x;
				shares[at] = (shares[at] ?? 0) + inside / LINES;
			}
		}
	}
	return shares;
}

/** A picture of eight bits a channel with transparency (PNG, third edition: IHDR, IDAT, IEND). */
function png(pixels: Uint8Array, size: number): Buffer {
	const header = Buffer.alloc(13);
	header.writeUInt32BE(size, 0);
	header.writeUInt32BE(size, 4);
	header.set([8, 6, 0, 0, 0], 8);
	const rows = Buffer.alloc(size * (size * 4 + 1));
	for (let y = 0; y < size; y += 1)
		// Each row begins with the filter that it went through: none.
		rows.set(pixels.subarray(y * size * 4, (y + 1) * size * 4), y * (size * 4 + 1) + 1);
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	return Buffer.concat([
		signature,
		chunk('IHDR', header),
		chunk('IDAT', deflateSync(rows, { level: 9 })),
		chunk('IEND', Buffer.alloc(0)),
	]);
}

function chunk(type: string, data: Buffer): Buffer {
	const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
	const ends = Buffer.alloc(8);
	ends.writeUInt32BE(data.length, 0);
	ends.writeUInt32BE(crc32(body), 4);
	return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}
