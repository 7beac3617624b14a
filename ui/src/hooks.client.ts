import type { ClientInit, HandleClientError } from '@sveltejs/kit';
import { mount, unmount } from 'svelte';
import { doorTo, isInside } from '$lib/door/place';
import { Problem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages';
import { isKnown } from '$lib/state/session';
import { SLOW_MS, whenShown } from '$lib/state/slow';
import { kindOf, theDoor } from '$lib/state/arrival';

export const init: ClientInit = async () => {
	outlineWhatIsSlow();
	await leadToTheDoor();
};

/**
 * Where the first page inside is slow to come, its outline stands in its place. It comes with the inside:
 * the door is small, and has none.
 */
function outlineWhatIsSlow(): void {
	const target = document.querySelector('.page');
	if (target === null || !isKnown() || !isInside(location.pathname)) return;
	let outline: ReturnType<typeof mount> | null = null;
	let isOver = false;
	const timer = setTimeout(async () => {
		const { default: Waiting } = await import('$lib/components/Waiting.svelte');
		const { shapeOf } = await import('$lib/state/shapes');
		if (!isOver) outline = mount(Waiting, { target, props: { shape: shapeOf(location.pathname) } });
	}, SLOW_MS);
	whenShown(() => {
		isOver = true;
		clearTimeout(timer);
		if (outline) void unmount(outline);
	});
}

/**
 * Whoever has never signed in here is sent to the door before the router fetches the pages inside: it
 * fetches a page before it asks whether the page may be shown. At the root of the installation is its
 * front page, which is for everybody.
 */
async function leadToTheDoor(): Promise<void> {
	if (isKnown() || !isInside(location.pathname)) return;
	if (location.pathname === '/' && (await isInstallation())) return;
	history.replaceState(history.state, '', doorTo(location.pathname + location.search));
}

async function isInstallation(): Promise<boolean> {
	try {
		return (await theDoor()).kind === 'installation';
	} catch {
		return false; // the page itself finds out, and says so
	}
}

/** What no page foresaw. A wrong address is nobody's fault; the rest is told to whoever looks for it. */
export const handleError: HandleClientError = ({ error, status }) => {
	if (Problem.is(error)) return { message: error.message, status: error.status, kind: kindOf(error) };
	if (status !== 404) reportError(error);
	return { message: m.problem_unknown() };
};
