import type { ComponentProps } from 'svelte';
import type Waiting from '$lib/components/Waiting.svelte';

export type Shape = ComponentProps<typeof Waiting>['shape'];

/** The outline of the page at a path, before anything of it is there. */
export function shapeOf(pathname: string): Shape {
	if (/^\/(sign-in|sign-up|forgotten|reset|invitation|welcome)\b/.test(pathname)) return 'door';
	if (/^\/projects\/[^/]+\/(files|file|trash)\b/.test(pathname)) return 'files';
	if (/^\/projects\/[^/]+\/?$/.test(pathname)) return 'project';
	if (/^\/(profile|settings|help)\b/.test(pathname)) return 'form';
	return pathname === '/' ? 'home' : 'rows';
}
