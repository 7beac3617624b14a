import { expect, it } from 'vitest';
import type { TrustRow } from '$lib/api/types';
import { formats } from '$lib/language/format';
import { requests, told } from './rows';

const en = formats('en', 'UTC');
const row = (state: TrustRow['state'], evidence: TrustRow['evidence']): TrustRow => ({
	promises: ['P2'],
	state,
	computed_at: '2026-11-23T08:00:00Z',
	evidence,
});
const values = (shown: ReturnType<typeof told>) => shown.figures.map(({ value }) => value);

it('says plainly that one site is one', () => {
	const one = told(row('leaning', { id: 'copies', sites: 1, answering: 1, required: 1 }), en);
	expect(one.title).toBe('One copy, at one site.');
	expect(one.text).toContain('A loss of this site loses what was written since the last backup.');
	const two = told(row('standing', { id: 'copies', sites: 3, answering: 2, required: 2 }), en);
	expect([two.title, ...values(two)]).toEqual(['Copies at 2 sites.', '3', '2', '2']);
	const few = told(row('leaning', { id: 'copies', sites: 2, answering: 1, required: 2 }), en);
	expect(few.title).toBe('Too few sites answer.');
});

it('says how many hold a change, and that one is one', () => {
	const of = (state: TrustRow['state'], required: number, holding: number, declared = false) =>
		told(row(state, { id: 'replication', required, demanded: required, holding, declared }), en);
	expect(of('leaning', 1, 1).text).toContain('A loss of this site loses what was written');
	expect([of('standing', 2, 2).title, ...values(of('standing', 2, 2))]).toEqual([
		'Each change is at 2 places before it counts.',
		'2',
		'2',
		'2',
	]);
	expect(of('leaning', 2, 1).title).toBe('Changes lie at too few places just now.');
	expect(of('late', 1, 1, true).text).toContain('nothing here can see it');
});

it('says what came of the last rehearsal', () => {
	const drill = {
		at: '2026-11-20T08:00:00Z',
		rounds: 30,
		seconds_median: 11.24,
		seconds_worst: 13,
		acknowledged: 48_211,
		lost: 0,
	};
	const stands = told(row('standing', { id: 'takeover', prepared: true, drill }), en);
	expect(values(stands)).toEqual(['20 Nov', '30', '11.2\u00a0s', '13\u00a0s', '0']);
	const never = told(row('late', { id: 'takeover', prepared: true, drill: null }), en);
	expect(values(never)).toEqual(['Never']);
	const none = told(row('leaning', { id: 'takeover', prepared: false, drill: null }), en);
	expect([none.title, ...values(none)]).toEqual(['There is no other place to take over.', 'No']);
});

it('says when a comparison was, or that there was none', () => {
	const keys = (state: TrustRow['state'], mirror: boolean, verified_at: string | null) =>
		told(row(state, { id: 'keys', mirror, verified_at }), en);
	expect(values(keys('leaning', false, null))).toEqual(['No']);
	expect(values(keys('late', true, null))).toEqual(['Yes', 'Never']);
	expect(values(keys('standing', true, '2020-03-04T08:00:00Z'))).toEqual(['Yes', '4 Mar 2020']);
});

it('counts what is stored, and opens nothing where nothing is', () => {
	const files = (stored: number, short: number, opened: boolean | null) =>
		told(row(short === 0 ? 'standing' : 'leaning', { id: 'files', stored, short, lost: 0, opened }), en);
	expect(values(files(0, 0, null))).toEqual(['0', '0']);
	expect(values(files(7, 2, true))).toEqual(['7', '2', 'Yes']);
	expect(files(7, 2, true).title).toBe('2 contents lie at too few sites.');
});

it('says what waits for its copy, and since when', () => {
	const repair = (missing: number, at_risk: number, oldest_at: string | null) =>
		told(row(at_risk === 0 ? 'standing' : 'leaning', { id: 'repair', missing, at_risk, oldest_at }), en);
	expect([repair(0, 0, null).title, ...values(repair(0, 0, null))]).toEqual([
		'Nothing waits for its second copy.',
		'0',
		'0',
	]);
	const waiting = repair(1_200, 2, '2020-03-04T08:00:00Z');
	expect([waiting.title, ...values(waiting).slice(0, 2)]).toEqual(['2 contents are at risk.', '2', '1,200']);
	expect(values(waiting)[2]).toContain('2020');
});

it('says what was read back, and what is lost', () => {
	const scrub = (state: TrustRow['state'], ended_at: string | null, lost: number) =>
		told(row(state, { id: 'scrub', ended_at, copies: 9, bad: 2, mended: 1, lost }), en);
	expect(values(scrub('late', null, 0))).toEqual(['Never']);
	expect(values(scrub('standing', '2020-03-04T08:00:00Z', 0)).slice(1)).toEqual(['9', '2', '1']);
	const lost = scrub('leaning', '2020-03-04T08:00:00Z', 1);
	expect([lost.title, values(lost).at(-1)]).toEqual(['1 content has no good copy left.', '1']);
});

it('says what a guess costs, and what the cookie can', () => {
	const dear = told(row('standing', { id: 'sign-in', memory_kib: 65_536, passes: 3 }), en);
	expect(values(dear)).toEqual(['64\u00a0MiB', '3']);
	const cookie = { name: '__Host-session', http_only: true, secure: true, one_host: true, kept: false };
	expect(values(told(row('standing', { id: 'cookies', ...cookie }), en))).toEqual(['No', 'No', 'No', 'No']);
});

it('leans where this browser saw another host', () => {
	const at = new Date('2026-11-23T08:00:00Z');
	const strict = requests({ count: 9, elsewhere: 0, allowed: 0 }, 'acme.example', at);
	expect([strict.state, ...values(strict)]).toEqual(['standing', '9', '0', '0']);
	expect(requests({ count: 9, elsewhere: 1, allowed: 0 }, 'acme.example', at).state).toBe('leaning');
	expect(requests({ count: 9, elsewhere: 0, allowed: 1 }, 'acme.example', at).state).toBe('leaning');
});
