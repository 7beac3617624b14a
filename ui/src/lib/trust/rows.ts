/** What the program shows of its promises, in words. */
import type { TrustRow, TrustState } from '$lib/api/types';
import type { Formats } from '$lib/language/format';
import { m } from '$lib/paraglide/messages';

export interface Figure {
	readonly label: string;
	readonly value: string;
	readonly note?: string;
}

/** One promise as the page tells it. */
export interface Told {
	readonly id: string;
	readonly state: TrustState;
	readonly promises: readonly string[];
	/** When what shows it was computed. */
	readonly at: string;
	/** A word or two below its length of fence. */
	readonly name: string;
	readonly title: string;
	readonly text: string;
	readonly figures: readonly Figure[];
}

type Words = Pick<Told, 'name' | 'title' | 'text' | 'figures'>;
type Evidence = TrustRow['evidence'];
type Of<Id extends Evidence['id']> = Extract<Evidence, { id: Id }>;

export function told(row: TrustRow, formats: Formats): Told {
	const { state, promises, computed_at: at, evidence } = row;
	return { id: evidence.id, state, promises, at, ...words(evidence, state, formats) };
}

function words(evidence: Evidence, state: TrustState, formats: Formats): Words {
	switch (evidence.id) {
		case 'copies':
			return copies(evidence, formats);
		case 'repair':
			return repair(evidence, formats);
		case 'scrub':
			return scrub(evidence, state, formats);
		case 'durable':
			return {
				name: m.trust_durable(),
				title: evidence.durable ? m.trust_durable_title() : m.trust_durable_title_leaning(),
				text: evidence.durable ? m.trust_durable_text() : m.trust_durable_text_leaning(),
				figures: [yesNo(m.trust_durable_figure(), evidence.durable)],
			};
		case 'replication':
			return replication(evidence, state, formats);
		case 'takeover':
			return takeover(evidence, state, formats);
		case 'keys':
			return keys(evidence, state, formats);
		case 'account-key':
			return {
				name: m.trust_account_key(),
				title: m.trust_account_key_title(),
				text: m.trust_account_key_text(),
				figures: [yesNo(m.trust_account_key_figure(), evidence.own)],
			};
		case 'files':
			return files(evidence, formats);
		case 'sign-in':
			return {
				name: m.trust_sign_in(),
				title: state === 'standing' ? m.trust_sign_in_title() : m.trust_sign_in_title_leaning(),
				text: m.trust_sign_in_text(),
				figures: [
					{ label: m.trust_sign_in_memory(), value: memory(evidence.memory_kib, formats) },
					{ label: m.trust_sign_in_passes(), value: formats.number(evidence.passes) },
				],
			};
		case 'cookies':
			return {
				name: m.trust_cookies(),
				title: m.trust_cookies_title(),
				text: m.trust_cookies_text(),
				figures: [
					yesNo(m.trust_cookies_scripts(), !evidence.http_only),
					yesNo(m.trust_cookies_hosts(), !evidence.one_host),
					yesNo(m.trust_cookies_plain(), !evidence.secure),
					yesNo(m.trust_cookies_kept(), evidence.kept),
				],
			};
	}
}

function copies({ sites, answering, required }: Of<'copies'>, formats: Formats): Words {
	const figures = [
		{ label: m.trust_copies_sites(), value: formats.number(sites) },
		{ label: m.trust_copies_answering(), value: formats.number(answering), note: m.trust_copies_probe() },
		{ label: m.trust_copies_required(), value: formats.number(required) },
	];
	if (required < 2) {
		const [name, title, text] = [m.trust_one_copy(), m.trust_one_copy_title(), m.trust_one_copy_text()];
		return { name, title, text, figures };
	}
	const enough = answering >= required;
	return {
		name: m.trust_copies({ count: required }),
		title: enough ? m.trust_copies_title({ count: required }) : m.trust_copies_title_leaning(),
		text: m.trust_copies_text({ count: required }),
		figures,
	};
}

function replication(
	{ required, demanded, holding, declared }: Of<'replication'>,
	state: TrustState,
	formats: Formats,
): Words {
	const name = m.trust_replication();
	if (declared) {
		const [title, text] = [m.trust_replication_title_declared(), m.trust_replication_text_declared()];
		return { name, title, text, figures: [yesNo(m.trust_replication_seen(), false)] };
	}
	const figures = [
		{ label: m.trust_replication_required(), value: formats.number(required) },
		{ label: m.trust_replication_demanded(), value: formats.number(demanded) },
		{ label: m.trust_replication_holding(), value: formats.number(holding) },
	];
	if (required < 2) {
		const [title, text] = [m.trust_replication_title_one(), m.trust_replication_text_one()];
		return { name, title, text, figures };
	}
	const stands = state === 'standing';
	return {
		name,
		title: stands ? m.trust_replication_title({ count: required }) : m.trust_replication_title_leaning(),
		text: m.trust_replication_text(),
		figures,
	};
}

function takeover({ prepared, drill }: Of<'takeover'>, state: TrustState, formats: Formats): Words {
	const name = m.trust_takeover();
	if (!prepared)
		return {
			name,
			title: m.trust_takeover_title_none(),
			text: m.trust_takeover_text_none(),
			figures: [yesNo(m.trust_takeover_place(), false)],
		};
	const titles = {
		standing: m.trust_takeover_title(),
		late: m.trust_takeover_title_late(),
		leaning: m.trust_takeover_title_lost(),
	};
	const seconds = (value: number) => m.seconds({ count: formats.number(Math.round(value * 10) / 10) });
	return {
		name,
		title: titles[state],
		text: m.trust_takeover_text(),
		figures: [
			{ label: m.trust_takeover_drill(), value: drill ? formats.day(drill.at) : m.never() },
			...(drill
				? [
						{ label: m.trust_takeover_rounds(), value: formats.number(drill.rounds) },
						{ label: m.trust_takeover_median(), value: seconds(drill.seconds_median) },
						{ label: m.trust_takeover_worst(), value: seconds(drill.seconds_worst) },
						{
							label: m.trust_takeover_lost(),
							value: formats.number(drill.lost),
							note: `/ ${formats.number(drill.acknowledged)}`,
						},
					]
				: []),
		],
	};
}

function repair({ missing, at_risk, oldest_at }: Of<'repair'>, formats: Formats): Words {
	return {
		name: m.trust_repair(),
		title: at_risk === 0 ? m.trust_repair_title() : m.trust_repair_title_leaning({ count: at_risk }),
		text: m.trust_repair_text(),
		figures: [
			{ label: m.trust_repair_at_risk(), value: formats.number(at_risk) },
			{ label: m.trust_repair_missing(), value: formats.number(missing) },
			...(oldest_at ? [{ label: m.trust_repair_oldest(), value: formats.moment(oldest_at) }] : []),
		],
	};
}

function scrub(
	{ ended_at, copies, bad, mended, lost }: Of<'scrub'>,
	state: TrustState,
	formats: Formats,
): Words {
	const titles = {
		standing: m.trust_scrub_title(),
		late: m.trust_scrub_title_late(),
		leaning: m.trust_scrub_title_leaning({ count: lost }),
	};
	return {
		name: m.trust_scrub(),
		title: titles[state],
		text: m.trust_scrub_text(),
		figures: [
			{ label: m.trust_scrub_ended(), value: ended_at ? formats.moment(ended_at) : m.never() },
			...(ended_at
				? [
						{ label: m.trust_scrub_copies(), value: formats.number(copies) },
						{ label: m.trust_scrub_bad(), value: formats.number(bad) },
						{ label: m.trust_scrub_mended(), value: formats.number(mended) },
					]
				: []),
			...(lost > 0 ? [{ label: m.trust_files_lost(), value: formats.number(lost) }] : []),
		],
	};
}

function keys({ mirror, verified_at }: Of<'keys'>, state: TrustState, formats: Formats): Words {
	const titles = {
		standing: m.trust_keys_title(),
		late: m.trust_keys_title_late(),
		leaning: m.trust_keys_title_leaning(),
	};
	return {
		name: m.trust_keys(),
		title: titles[state],
		text: mirror ? m.trust_keys_text() : m.trust_keys_text_leaning(),
		figures: [
			yesNo(m.trust_keys_mirror(), mirror),
			...(mirror
				? [
						{
							label: m.trust_keys_verified(),
							value: verified_at ? formats.day(verified_at) : m.never(),
						},
					]
				: []),
		],
	};
}

function files({ stored, short, lost, opened }: Of<'files'>, formats: Formats): Words {
	return {
		name: m.trust_files(),
		title: short === 0 ? m.trust_files_title() : m.trust_files_title_leaning({ count: short }),
		text: m.trust_files_text(),
		figures: [
			{ label: m.trust_files_stored(), value: formats.number(stored), note: m.trust_files_versions() },
			{ label: m.trust_files_short(), value: formats.number(short) },
			...(lost > 0 ? [{ label: m.trust_files_lost(), value: formats.number(lost) }] : []),
			...(opened === null ? [] : [yesNo(m.trust_files_opened(), opened)]),
		],
	};
}

/** What this very browser has seen of whom the page asks. */
export function requests(
	seen: { count: number; elsewhere: number; allowed: number },
	host: string,
	at: Date,
): Told {
	const none = seen.elsewhere === 0 && seen.allowed === 0;
	return {
		id: 'requests',
		state: none ? 'standing' : 'leaning',
		promises: ['P11'],
		at: at.toISOString(),
		name: m.trust_requests(),
		title: none ? m.trust_requests_title() : m.trust_requests_title_leaning(),
		text: m.trust_requests_text(),
		figures: [
			{ label: m.trust_requests_count(), value: String(seen.count), note: host },
			{ label: m.trust_requests_elsewhere(), value: String(seen.elsewhere) },
			{ label: m.trust_requests_allowed(), value: String(seen.allowed), note: m.trust_requests_policy() },
		],
	};
}

/** Memory is counted in binary units. */
const memory = (kib: number, formats: Formats): string =>
	kib < 1024
		? m.kibibytes({ count: formats.number(kib) })
		: m.mebibytes({ count: formats.number(Math.round(kib / 1024)) });

const yesNo = (label: string, yes: boolean): Figure => ({ label, value: yes ? m.yes() : m.no() });
