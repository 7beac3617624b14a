import { expect, it } from 'vitest';
import { promises } from './promises';

it('lets the first promise stand only where a file lies twice before it is called saved', () => {
	expect(promises({ sites: ['paris', 'frankfurt'], copies: 2 }).stakes).toEqual([
		'standing',
		...Array.from({ length: 5 }, () => 'unknown'),
	]);
});

it.each([
	[['home'], 1],
	[['paris', 'frankfurt'], 1],
	[[], 0],
])('lets the first two lean with the sites %j and %i copies', (sites, copies) => {
	expect(promises({ sites, copies })).toEqual({
		copies: 'down',
		stakes: ['down', 'down', 'unknown', 'unknown', 'unknown', 'unknown'],
	});
});
