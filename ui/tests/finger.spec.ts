/** Under a finger everything that can be pressed is 44 px tall and wide; links in a sentence are as tall as its line. */
import { expect, type Page } from '@playwright/test';
import { base, test } from './camp';

const LEAST = 43.5; // borders are drawn on whole pixels, sizes are not

/** What is too small on the page as it stands. */
function small(page: Page): Promise<string[]> {
	return page.evaluate((least) => {
		const isSeen = (element: Element) => {
			const { width, height } = element.getBoundingClientRect();
			const { visibility, opacity } = getComputedStyle(element);
			return width > 1 && height > 1 && visibility !== 'hidden' && opacity !== '0';
		};
		/** In a sentence, or in a row that is itself pressed. */
		const isPart = (element: Element) =>
			(getComputedStyle(element).display === 'inline' &&
				element.parentElement?.textContent !== element.textContent) ||
			element.closest('[role=row], .card, .rows, .skip, li') !== null;
		return [...document.querySelectorAll('a, button, select, input:not([type=hidden])')]
			.filter((element) => isSeen(element) && !(element.matches('a') && isPart(element)))
			.map((element) => {
				const target = element.closest('label') ?? element;
				const { width, height } = target.getBoundingClientRect();
				const name = element.getAttribute('aria-label') ?? element.textContent;
				return { name: name.trim(), width, height, tall: element.matches('input, select') };
			})
			.filter(({ width, height, tall }) => height < least || (!tall && width < least))
			.map(
				({ name, width, height }) =>
					`${location.pathname}: ${name} ${Math.round(width)} × ${Math.round(height)}`,
			);
	}, LEAST);
}

test('everything is large enough for a finger', async ({ browser, camp }) => {
	const finger = { hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 }, locale: 'en-GB' };
	const found: string[] = [];
	const look = async (page: Page, address: string) => {
		await page.goto(address, { waitUntil: 'networkidle' });
		await expect(page.getByRole('heading', { level: 1 }).first()).toBeVisible();
		found.push(...(await small(page)));
	};
	const outside = await browser.newContext(finger);
	const door = await outside.newPage();
	for (const address of [base, `${base}/sign-up`, `${camp.address}/sign-in`, `${camp.address}/forgotten`])
		await look(door, address);
	await outside.close();
	const context = await browser.newContext({ ...finger, baseURL: camp.address, storageState: camp.state });
	const page = await context.newPage();
	const project = `/projects/${camp.project}`;
	for (const address of ['/', '/people', '/journal', '/profile', '/settings', '/help', project])
		await look(page, address);
	for (const part of ['/files', `/files/${camp.folder}`, '/trash', '/journal'])
		await look(page, project + part);
	await context.close();
	expect(found).toEqual([]);
});

test('a finger opens what it taps, selects at the picture, and goes on selecting', async ({
	browser,
	camp,
}) => {
	const context = await browser.newContext({
		hasTouch: true,
		isMobile: true,
		viewport: { width: 390, height: 844 },
		locale: 'en-GB',
		baseURL: camp.address,
		storageState: camp.state,
	});
	const page = await context.newPage();
	await page.goto(`/projects/${camp.project}/files`);
	const row = (name: string) => page.getByRole('row').filter({ hasText: name });
	await page.getByLabel('Select East quay', { exact: true }).tap({ force: true });
	await row('Stage plan').locator('time').tap();
	await expect(page.getByText('2 selected')).toBeVisible();
	await page.getByRole('button', { name: 'Select nothing' }).tap();
	for (let again = 0; again < 2; again += 1) {
		await row('Stage plan').locator('time').tap();
		await expect(page.getByRole('dialog').getByText('Current')).toBeVisible();
		await page.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
		await expect(page.getByRole('dialog')).toBeHidden();
	}
	await context.close();
});
