import { expect, it } from 'vitest';
import { askedElsewhere, foreignSources } from './policy';

it('finds every host that a page may ask', () => {
	const strict =
		"default-src 'none'; script-src 'self' 'sha256-AbC+/=' ; img-src 'self' blob: data:; frame-ancestors 'none'";
	expect(foreignSources(strict)).toEqual([]);
	expect(foreignSources(`${strict}; connect-src 'self' https://stats.example`)).toEqual([
		'https://stats.example',
	]);
	expect(foreignSources("default-src 'self' https:; img-src *")).toEqual(['https:', '*']);
	expect(foreignSources("script-src 'self'")).toEqual(['*']);
	expect(foreignSources(null)).toEqual(['*']);
});

it('counts only what went to another host', () => {
	const addresses = [
		'http://acme.palisade.localhost:8080/assets/a.js',
		'blob:http://acme.palisade.localhost:8080/1',
		'data:image/svg+xml,x',
		'https://fonts.example/inter.woff2',
		'http://acme.palisade.localhost/',
	];
	expect(askedElsewhere(addresses, 'acme.palisade.localhost:8080')).toEqual([
		'https://fonts.example/inter.woff2',
		'http://acme.palisade.localhost/',
	]);
});
