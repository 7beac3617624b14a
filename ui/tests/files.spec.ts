/** Working in a list of files: by keys, by mouse, by drag, and each way back. */
import { expect, type Locator, type Page } from '@playwright/test';
import { request, test, upload } from './camp';

const NAMES = ['a.txt', 'b.txt', 'c.txt', 'd.txt', 'e.txt'];

interface Place {
	readonly project: string;
	readonly folder: string;
}

/** A project with a folder and five files, and its page. */
async function begin(page: Page): Promise<Place> {
	await page.goto('/help');
	const { id: project } = await request<{ id: string }>(page, 'POST', '/api/v1/projects', {
		name: `List ${Date.now().toString(36)}`,
		dye: 'moss',
	});
	const { id: folder } = await request<{ id: string }>(page, 'POST', `/api/v1/projects/${project}/folders`, {
		parent: null,
		name: 'Folder',
	});
	for (const name of NAMES) await upload(page, project, name);
	await page.goto(`/projects/${project}/files`);
	await expect(row(page, 'e.txt')).toBeVisible();
	return { project, folder };
}

const row = (page: Page, name: string | RegExp): Locator => page.getByRole('row').filter({ hasText: name });
const chosen = (page: Page): Promise<string[]> =>
	page.locator('[role=row][aria-selected=true] a, [role=gridcell][aria-selected=true] a').allTextContents();
const toast = (page: Page, text: string | RegExp): Locator =>
	page.getByRole('group').filter({ hasText: text }).last();

test('keys walk, select, open, rename and trash; each is taken back', async ({ inside: page }) => {
	await begin(page);
	const list = page.getByRole('grid');
	await list.focus();
	await page.keyboard.press('End');
	expect(await chosen(page)).toEqual(['e.txt']);
	await page.keyboard.press('Shift+ArrowUp');
	await page.keyboard.press('Shift+ArrowUp');
	expect(await chosen(page)).toEqual(['c.txt', 'd.txt', 'e.txt']);
	await page.keyboard.press('Control+a');
	expect(await chosen(page)).toHaveLength(6);
	await page.keyboard.press('Escape');
	expect(await chosen(page)).toEqual([]);
	await page.keyboard.press('Home');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Control+ArrowDown');
	await page.keyboard.press('Control+ArrowDown');
	await page.keyboard.press(' ');
	expect(await chosen(page)).toEqual(['a.txt', 'c.txt']);

	await page.keyboard.press('F2');
	const field = page.getByLabel('New name of c.txt');
	await expect(field).toBeFocused();
	await page.keyboard.type('b');
	await page.keyboard.press('Enter');
	// The name is taken: what was typed stays, with the reason.
	await expect(field).toHaveAttribute('aria-invalid', 'true');
	await field.fill('z.txt');
	await page.keyboard.press('Enter');
	await expect(row(page, 'z.txt')).toBeVisible();
	await expect(list).toBeFocused();
	await toast(page, 'Renamed to').getByRole('button', { name: 'Undo' }).click();
	await expect(row(page, 'c.txt')).toBeVisible();

	await list.focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Shift+ArrowDown');
	await page.keyboard.press('Delete');
	await expect(page.getByText('2 entries are in the trash')).toBeVisible();
	await expect(row(page, 'b.txt')).toBeHidden();
	await expect(list).toBeFocused();
	await page.keyboard.press('Control+z');
	await expect(row(page, 'b.txt')).toBeVisible();

	await list.focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('Enter');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Folder');
});

test('several files are downloaded at one word, and a folder among them is named', async ({
	inside: page,
}) => {
	await begin(page);
	await page.getByRole('grid').focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('Shift+ArrowDown');
	await page.keyboard.press('Shift+ArrowDown');
	const got: string[] = [];
	page.on('download', (download) => void got.push(download.suggestedFilename()));
	await page.getByRole('group', { name: 'Selection' }).getByRole('button', { name: 'Download' }).click();
	await expect(page.getByText('A folder is not downloaded')).toBeVisible();
	await expect.poll(() => got).toEqual(['a.txt', 'b.txt']);
});

test('the mouse selects ranges, and a drag moves onto a folder and back up by the breadcrumb', async ({
	inside: page,
}) => {
	const { project, folder } = await begin(page);
	await row(page, 'a.txt').click({ position: { x: 500, y: 20 } });
	await row(page, 'c.txt').click({ position: { x: 500, y: 20 }, modifiers: ['Shift'] });
	await row(page, 'e.txt').click({ position: { x: 500, y: 20 }, modifiers: ['Control'] });
	await row(page, 'b.txt').click({ position: { x: 500, y: 20 }, modifiers: ['Control'] });
	expect(await chosen(page)).toEqual(['a.txt', 'c.txt', 'e.txt']);

	await row(page, 'c.txt').dragTo(row(page, 'Folder'), { sourcePosition: { x: 300, y: 30 } });
	await expect(page.getByText('3 entries are moved')).toBeVisible();
	await expect(row(page, 'c.txt')).toBeHidden();
	await page.getByRole('link', { name: 'Folder' }).click();
	await expect(row(page, 'c.txt')).toBeVisible();

	const up = page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'Files' });
	await row(page, 'e.txt').dragTo(up, { sourcePosition: { x: 300, y: 30 } });
	await expect(page.getByText('“e.txt” is moved')).toBeVisible();
	await expect(row(page, 'e.txt')).toBeHidden();
	await toast(page, '“e.txt” is moved').getByRole('button', { name: 'Undo' }).click();
	await expect(row(page, 'e.txt')).toBeVisible();

	// The same name waits above: asked once, and both are kept.
	await upload(page, project, 'a.txt', { parent: folder, text: 'not the one', version: true });
	await page.goto(`/projects/${project}/files`);
	await upload(page, project, 'a.txt');
	await page.reload();
	await row(page, 'a.txt').dragTo(row(page, 'Folder'), { sourcePosition: { x: 300, y: 30 } });
	const question = page.getByRole('alertdialog');
	await expect(question).toContainText('“a.txt” is already here');
	await question.getByRole('button', { name: 'Keep both' }).click();
	await expect(page.getByText('“a.txt” is moved')).toBeVisible();
	await page.getByRole('link', { name: 'Folder' }).click();
	await expect(row(page, 'a (2).txt')).toBeVisible();
});

test('a filter narrows while one types, tiles do what lines do, and both are remembered', async ({
	inside: page,
}) => {
	await begin(page);
	await page.getByRole('grid').focus();
	await page.keyboard.type('d.t');
	await expect(page.getByLabel('Filter by name')).toHaveValue('d.t');
	await expect(page.getByText('1 of 6')).toBeVisible();
	await expect(row(page, 'a.txt')).toBeHidden();
	await page.keyboard.type('nothing');
	await expect(page.getByText('Nothing in here is called')).toBeVisible();
	await page.getByLabel('Filter by name').fill('.txt');
	await page.getByRole('button', { name: 'As tiles' }).click();
	await page.getByRole('link', { name: 'Overview' }).click();
	await page
		.getByRole('link', { name: /^Files/ })
		.first()
		.click();
	await expect(page.getByLabel('Filter by name')).toHaveValue('.txt');
	// What was typed is nowhere in the browser's storage.
	expect(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))).not.toContain(
		'.txt',
	);
	await page.keyboard.press('Escape');

	await page.getByRole('grid').focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('ArrowRight');
	await page.keyboard.press('Shift+ArrowRight');
	expect(await chosen(page)).toEqual(['b.txt', 'c.txt']);
	await page.getByRole('button', { name: 'Copy' }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Copy here' }).click();
	await expect(page.getByText('2 copies are there')).toBeVisible();
	await expect(page.getByRole('link', { name: 'b (2).txt' })).toBeVisible();
	await toast(page, '2 copies').getByRole('button', { name: 'Undo' }).click();
	await expect(page.getByRole('link', { name: 'b (2).txt' })).toBeHidden();
	await page.reload();
	await expect(page.getByRole('gridcell').filter({ hasText: 'a.txt' })).toBeVisible();
});

test('what is pasted is added; a picture without a name gets one', async ({ inside: page }) => {
	await begin(page);
	await page.evaluate(() => {
		const data = new DataTransfer();
		data.items.add(new File(['a picture'], 'image.png', { type: 'image/png' }));
		data.items.add(new File(['a note'], 'note from elsewhere.md'));
		document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true }));
	});
	await expect(row(page, /Pasted .*\.png/)).toBeVisible();
	await expect(row(page, 'note from elsewhere.md')).toBeVisible();
});

test('rights that end and files that others changed are told, and nothing is done', async ({
	inside: page,
}) => {
	// A page that has not heard of it yet.
	await page.routeWebSocket('**/api/v1/live', () => undefined);
	const { project } = await begin(page);
	await upload(page, project, 'b.txt', { text: 'changed by someone else', version: true });
	await row(page, 'b.txt').click({ position: { x: 500, y: 20 } });
	await page.keyboard.press('Delete');
	await expect(page.getByText('“b.txt” was changed meanwhile')).toBeVisible();
	await expect(row(page, 'b.txt')).toContainText('v2');
});
