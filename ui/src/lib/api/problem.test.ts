import { expect, it } from 'vitest';
import { readProblem } from './problem';

it('reads what the program says', () => {
	const body = {
		type: 'urn:palisade:problem:name-taken',
		title: 'Déjà pris.',
		field: 'name',
		args: { name: 'Plans', id: 7 },
	};
	expect(readProblem(409, body, '30', '?')).toMatchObject({
		message: 'Déjà pris.',
		status: 409,
		code: 'name-taken',
		field: 'name',
		args: { name: 'Plans', id: '7' },
		retryAfter: 30,
	});
});

it.each([null, 'text', 42, { title: '' }, []])('makes do with a body like %j', (body) => {
	expect(readProblem(502, body, null, 'Try again.')).toMatchObject({
		message: 'Try again.',
		code: 'status-502',
		field: null,
		retryAfter: null,
	});
});
