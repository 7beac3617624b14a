import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

type Message = string | { match: Record<string, string> }[];

const root = join(import.meta.dirname, '../../..');
const read = (language: string): Record<string, Message> => {
	const file = JSON.parse(readFileSync(join(root, `messages/${language}.json`), 'utf8')) as Record<
		string,
		Message
	>;
	delete file.$schema;
	return file;
};
const en = read('en');
const fr = read('fr');

const words = (message: Message) =>
	typeof message === 'string' ? message : message.flatMap(({ match }) => Object.values(match)).join(' ');
const names = (message: Message) => [...new Set(words(message).match(/\{\w+\}/g))].sort();

it('has every message in both languages, with the same names in it', () => {
	expect(Object.keys(fr).sort()).toEqual(Object.keys(en).sort());
	for (const [key, message] of Object.entries(en))
		expect([key, names(fr[key] ?? '')]).toEqual([key, names(message)]);
});

it('uses every message, and only messages that are there', () => {
	const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
		.filter((path) => /\.(svelte|ts)$/.test(path) && !path.includes('paraglide'))
		.map((path) => readFileSync(join(root, 'src', path), 'utf8'))
		.join('\n');
	const used = new Set([...sources.matchAll(/\bm\.(\w+)/g)].map(([, key]) => key));
	expect([...used].filter((key) => key !== undefined && !(key in en))).toEqual([]);
	expect(Object.keys(en).filter((key) => !used.has(key))).toEqual([]);
});

it('writes French with its spaces', () => {
	for (const [key, message] of Object.entries(fr)) {
		expect([
			key,
			/(^|\S| )[?!;:»]( |$)|«[^\u00a0]/.exec(words(message).replaceAll(/[\u00a0\u202f][?!;:»]/g, '')),
		]).toEqual([key, null]);
	}
});
