import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';

const FOLDER = process.env.SHOTS ?? 'test-results/shots';
const WIDTHS = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
export type Width = keyof typeof WIDTHS;

/** Takes a picture of the page at a width and in a theme, and leaves the page as it was. */
export async function picture(
	page: Page,
	name: string,
	width: Width,
	theme: 'light' | 'dark',
): Promise<void> {
	mkdirSync(FOLDER, { recursive: true });
	await page.setViewportSize(WIDTHS[width]);
	await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
	await page.evaluate(async () => {
		scrollTo(0, 0);
		await document.fonts.ready;
	});
	await page.screenshot({ path: join(FOLDER, `${name}-${width}-${theme}.png`) });
	await page.emulateMedia({ colorScheme: 'light', reducedMotion: null });
	await page.setViewportSize(WIDTHS.wide);
}

/** The same page in all four ways. */
export async function pictures(page: Page, name: string): Promise<void> {
	for (const width of ['wide', 'phone'] as const) {
		for (const theme of ['light', 'dark'] as const) await picture(page, name, width, theme);
	}
}
