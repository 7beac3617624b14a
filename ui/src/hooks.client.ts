import type { ClientInit, HandleClientError } from '@sveltejs/kit';
import { mount, unmount } from 'svelte';
import Waiting from '$lib/components/Waiting.svelte';
import { shapeOf } from '$lib/state/shapes';
import { m } from '$lib/paraglide/messages';
import { SLOW_MS, whenShown } from '$lib/state/slow';

/** Where the first page is slow to come, its outline stands in its place. */
export const init: ClientInit = () => {
	const target = document.querySelector('.page');
	if (target === null) return;
	let outline: ReturnType<typeof mount> | null = null;
	const timer = setTimeout(() => {
		outline = mount(Waiting, { target, props: { shape: shapeOf(location.pathname) } });
	}, SLOW_MS);
	whenShown(() => {
		clearTimeout(timer);
		if (outline) void unmount(outline);
	});
};

/** What no page foresaw. A wrong address is nobody's fault; the rest is told to whoever looks for it. */
export const handleError: HandleClientError = ({ error, status }) => {
	if (status !== 404) reportError(error);
	return { message: m.problem_unknown() };
};
