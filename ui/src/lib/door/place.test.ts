import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { doorTo, INSIDE, isInside, placeInside } from './place';

it('stays at this host', () => {
	expect(placeInside('/projects/1?sort=name')).toBe('/projects/1?sort=name');
	for (const asked of [null, '', 'https://elsewhere.example/', '//elsewhere.example', '/\\elsewhere.example'])
		expect(placeInside(asked)).toBe('/');
});

it('knows what is inside as the routes have it', () => {
	const routes = join(import.meta.dirname, '../../routes/(frame)');
	const folders = readdirSync(join(routes, '(account)'), { withFileTypes: true })
		.filter((entry) => entry.isDirectory())
		.map(({ name }) => name);
	expect(existsSync(join(routes, '(account)/+page.svelte'))).toBe(true);
	expect([...INSIDE].sort()).toEqual(['', ...folders].sort());
	expect(['/', '/projects', '/projects/1/files', '/people'].every(isInside)).toBe(true);
	expect(['/sign-in', '/sign-up', '/projectsx', '/elsewhere'].some(isInside)).toBe(false);
});

it('leads to the door and back', () => {
	expect(doorTo('/')).toBe('/sign-in');
	expect(placeInside(new URL(doorTo('/people?a=1&b=2'), 'http://host').searchParams.get('next'))).toBe(
		'/people?a=1&b=2',
	);
});
