import type { Attachment } from 'svelte/attachments';

/** How far an edge fades behind which there is more. */
const FADE = '2.25rem';

/**
 * Tells the style of an element that scrolls sideways how far each of its edges fades: `--fade-start` and
 * `--fade-end`, for a mask. Where nothing is hidden, nothing fades.
 */
export const fading: Attachment<HTMLElement> = (element) => {
	function look(): void {
		const { scrollLeft, scrollWidth, clientWidth } = element;
		// A part of a pixel hides nothing.
		element.style.setProperty('--fade-start', scrollLeft > 1 ? FADE : '0px');
		element.style.setProperty('--fade-end', scrollLeft + clientWidth < scrollWidth - 1 ? FADE : '0px');
	}
	const observer = new ResizeObserver(look);
	observer.observe(element);
	for (const child of element.children) observer.observe(child);
	element.addEventListener('scroll', look, { passive: true });
	return () => {
		observer.disconnect();
		element.removeEventListener('scroll', look);
	};
};
