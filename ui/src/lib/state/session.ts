/**
 * Who is signed in. The cookie is the program's and no script can see it; this browser only remembers
 * whether a sign-in happened, so that a first visit does not ask for a session that cannot be there.
 */
import { readSession } from '$lib/api/people';
import { Problem } from '$lib/api/problem';
import type { Session } from '$lib/api/types';
import { language } from '$lib/language/language.svelte';
import { m } from '$lib/paraglide/messages';
import { recall, remember } from './memory';
import { toasts } from './toasts.svelte';

const KNOWN = 'signed-in';
/** Whether someone was signed in while this page stood. */
let seen = false;

/** Whether a session may be there. */
export function isKnown(): boolean {
	return recall(KNOWN) !== null;
}

/** The session of this browser, or null where nobody is signed in. */
export async function currentSession(): Promise<Session | null> {
	if (!isKnown()) return null;
	try {
		const session = await readSession();
		entered(session);
		return session;
	} catch (thrown) {
		if (!Problem.is(thrown) || thrown.status !== 401) throw thrown;
		if (seen) toasts.refuse(m.signed_out_meanwhile());
		seen = false;
		left();
		return null;
	}
}

/** Someone has signed in: the pages speak their language from here on. */
export function entered(session: Session): void {
	seen = true;
	remember(KNOWN, 'yes');
	language.follow(session.person);
}

export function left(): void {
	remember(KNOWN, null);
}
