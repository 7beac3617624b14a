/**
 * What went wrong, as the program says it (RFC 9457). `message` is a sentence for the person who
 * reads, already in their language.
 */
export class Problem extends Error {
	override readonly name = 'Problem';

	constructor(
		message: string,
		/** HTTP status; 0 where no answer came at all. */
		readonly status: number,
		/** The last part of the `type` address: `name-taken`, `over-quota`, `offline`, … */
		readonly code: string,
		/** The field that breaks a rule, where there is one. */
		readonly field: string | null = null,
		readonly args: Readonly<Record<string, string>> = {},
		/** Seconds to wait before the next try, where the program said so. */
		readonly retryAfter: number | null = null,
	) {
		super(message);
	}

	static is(thrown: unknown, code?: string): thrown is Problem {
		return thrown instanceof Problem && (code === undefined || thrown.code === code);
	}
}

interface Body {
	type?: unknown;
	title?: unknown;
	field?: unknown;
	args?: unknown;
}

/** Reads a `problem+json` body; `fallback` is said where the body has no sentence of its own. */
export function readProblem(
	status: number,
	body: unknown,
	retryAfter: string | null,
	fallback: string,
): Problem {
	const { type, title, field, args }: Body = typeof body === 'object' && body !== null ? body : {};
	const code = typeof type === 'string' ? (type.split(/[:/]/).at(-1) ?? '') : '';
	const seconds = retryAfter === null ? NaN : Number(retryAfter);
	return new Problem(
		typeof title === 'string' && title !== '' ? title : fallback,
		status,
		code === '' ? `status-${status}` : code,
		typeof field === 'string' ? field : null,
		readArgs(args),
		Number.isFinite(seconds) ? seconds : null,
	);
}

function readArgs(args: unknown): Record<string, string> {
	if (typeof args !== 'object' || args === null) return {};
	return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)]));
}
