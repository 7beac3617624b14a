/** What a list of files remembers, and what its toasts still offer. */
import { expect } from '@playwright/test';
import { request, test, upload } from './camp';

test('the order of files is remembered over a reload', async ({ inside: page, camp }) => {
	await page.goto(`/projects/${camp.project}/files`);
	await page.getByRole('button', { name: 'Size' }).click();
	const size = page.getByRole('columnheader', { name: 'Size' });
	await expect(size).toHaveAttribute('aria-sort', 'descending');
	await page.reload();
	await expect(size).toHaveAttribute('aria-sort', 'descending');
});

test('a toast that is overtaken goes away with its way back', async ({ inside: page }) => {
	await page.goto('/');
	const named = { name: 'Overtaken', dye: 'pine' };
	const { id } = await request<{ id: string }>(page, 'POST', '/api/v1/projects', named);
	await upload(page, id, 'note.txt');
	await page.goto(`/projects/${id}/files`);
	await page.getByRole('button', { name: 'More for note.txt' }).click();
	await page.getByRole('menuitem', { name: 'Move to trash' }).click();
	await expect(page.getByText('“note.txt” is in the trash')).toBeVisible();
	await page.getByRole('link', { name: 'Trash', exact: true }).first().click();
	await page.getByRole('button', { name: 'Put back note.txt' }).click();
	await expect(page.getByText('“note.txt” is back in its place')).toBeVisible();
	await expect(page.getByText('“note.txt” is in the trash')).toBeHidden();
	await page.getByRole('button', { name: 'Undo' }).click();
	await expect(page.getByText('note.txt', { exact: true })).toBeVisible();
	await expect(page.getByRole('button', { name: 'Put back note.txt' })).toBeVisible();
});
