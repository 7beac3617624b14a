/**
 * Shortcuts of a single letter help some and hinder others: whoever speaks to their computer sets them
 * off without wanting to (WCAG 2.1.4). They can be switched off.
 */
import { recall, remember } from './memory';

let on = $state(recall('single-keys') !== 'off');

export const singleKeys = {
	get on(): boolean {
		return on;
	},
	set on(wanted: boolean) {
		on = wanted;
		remember('single-keys', wanted ? null : 'off');
	},
};
