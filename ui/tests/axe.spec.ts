/** axe-core on every page and state, by day and by night, at 1440 and at 390 px: it finds nothing. */
import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import { test, type Camp } from './camp';
import { OUTSIDE } from './outside';
import { picture } from './pictures';
import { INSIDE, type State } from './states';

declare global {
	interface Window {
		axe: typeof axe;
	}
}

// A trace of so many looks would take longer than they do.
test.use({ trace: 'off' });

/** A desk, the same desk at 200 %, a phone, and the narrowest that must do (WCAG 1.4.10). */
const WIDTHS = [1440, 720, 390, 320];
/** At the others it is only looked whether everything fits. */
const LOOKED_AT = [1440, 390];
const THEMES = ['light', 'dark'] as const;

/** Looks at the page as it stands, at both widths and in both themes. */
async function look(page: Page, name: string): Promise<string[]> {
	const found: string[] = [];
	for (const width of WIDTHS) {
		await page.setViewportSize({ width, height: 900 });
		const isWider = await page.evaluate(async () => {
			// What floats over the page finds its place anew after a frame.
			for (let i = 0; i < 3; i += 1) await new Promise((fulfil) => requestAnimationFrame(fulfil));
			return document.documentElement.scrollWidth > innerWidth;
		});
		if (isWider) found.push(`${name}: wider than ${width} px`);
		for (const colorScheme of LOOKED_AT.includes(width) ? THEMES : []) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			for (const trouble of await troubles(page, colorScheme === 'dark'))
				found.push(`${name}, ${width} px, ${colorScheme}: ${trouble}`);
		}
	}
	await page.setViewportSize({ width: 1440, height: 900 });
	return found;
}

/** What axe finds on the page as it stands; a theme changes colours and nothing else. */
async function troubles(page: Page, coloursOnly: boolean): Promise<string[]> {
	if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
	return page.evaluate(
		async (rules) => {
			const { violations } = await window.axe.run(document, {
				resultTypes: ['violations'],
				...(rules === null ? {} : { runOnly: { type: 'rule', values: rules } }),
			});
			return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} ${target.join(' ')}`));
		},
		coloursOnly ? ['color-contrast', 'link-in-text-block'] : null,
	);
}

async function lookAtAll(page: Page, camp: Camp, states: readonly State[]): Promise<void> {
	const found: string[] = [];
	for (const { name, show } of states) {
		await test.step(name, async () => {
			await show(page, camp);
			// `PICTURES=1`: one of each page and state, to be looked at beside the design.
			if (process.env.PICTURES) await picture(page, name.replaceAll(/[ ,]+/g, '-'), 'wide', 'light');
			found.push(...(await look(page, name)));
		});
	}
	console.log(`${states.length * LOOKED_AT.length * THEMES.length} looks, ${found.length} violations`);
	expect(found).toEqual([]);
}

test('axe finds nothing on the pages before one is inside', async ({ page, camp }) => {
	await lookAtAll(page, camp, OUTSIDE);
});

test('axe finds nothing on the pages inside', async ({ inside, camp }) => {
	await lookAtAll(inside, camp, INSIDE);
});
