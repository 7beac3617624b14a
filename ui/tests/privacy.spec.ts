/** The operator's policy, where they wrote one and where they wrote none. */
import { expect, type Page } from '@playwright/test';
import { base, test } from './camp';
import { written } from './policy';

test('that none is written is said, and nothing leads there', async ({ page }) => {
	await page.goto(`${base}/privacy`);
	await expect(page.getByText('has not written a privacy policy')).toBeVisible();
	await page.goto(base);
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	await expect(page.getByRole('link', { name: 'Privacy' })).toHaveCount(0);
});

test('one that is written is found from every door, in the language that is read', async ({
	page,
	inside,
	camp,
}) => {
	const follow = async (at: Page, from: string) => {
		await written(at);
		await at.goto(from);
		await at.getByRole('link', { name: 'Privacy' }).click();
		await expect(at.getByRole('heading', { level: 1 })).toHaveText('What we keep');
	};
	await follow(page, base);
	await follow(page, `${camp.address}/sign-in`);
	await follow(inside, `${camp.address}/people`);

	await page.getByRole('link', { name: 'who we are' }).click();
	await expect(page.getByRole('heading', { name: 'Who we are' })).toBeInViewport();
	await page.getByRole('button', { name: 'Français' }).click();
	await expect(page.getByText('Ce texte n’existe qu’en anglais.')).toBeVisible();
	await expect(page.locator('div[lang=en] h1')).toHaveText('What we keep');
});
