/** What goes wrong on the way: nothing typed and nothing done is lost without a word. */
import { expect, type Page } from '@playwright/test';
import { request, test, upload, type Camp } from './camp';

async function begin(page: Page, ...names: string[]): Promise<string> {
	await page.goto('/help');
	const { id } = await request<{ id: string }>(page, 'POST', '/api/v1/projects', {
		name: `Trouble ${Date.now().toString(36)}`,
		dye: 'ember',
	});
	for (const name of names) await upload(page, id, name);
	await page.goto(`/projects/${id}/files`);
	return id;
}

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

/** Begins to change the name of the first file. */
async function startRenaming(page: Page, name: string) {
	await page.getByRole('grid').focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('F2');
	return page.getByLabel(`New name of ${name}`);
}

async function signIn(page: Page, camp: Camp): Promise<void> {
	await page.goto(`${camp.address}/sign-in`);
	await page.getByLabel('Email').fill(camp.email);
	await page.getByLabel('Password').fill(camp.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
}

test('what waits without a connection is not left without a question', async ({ inside: page }) => {
	await begin(page, 'a.txt');
	const field = await startRenaming(page, 'a.txt');
	await page.context().setOffline(true);
	await field.fill('b.txt');
	await page.keyboard.press('Enter');
	await expect(page.getByText('waits in this page')).toBeVisible();
	const asked = page.waitForEvent('dialog');
	void page.close({ runBeforeUnload: true });
	const question = await asked;
	expect(question.type()).toBe('beforeunload');
	await question.dismiss();
	await page.context().setOffline(false);
	await expect(row(page, 'b.txt')).toBeVisible();
});

test('a name that others changed meanwhile can be typed otherwise', async ({ inside: page }) => {
	const project = await begin(page, 'c.txt');
	const [file] = (
		await request<{ items: { id: string }[] }>(page, 'GET', `/api/v1/projects/${project}/files`)
	).items;
	const field = await startRenaming(page, 'c.txt');
	// Letter by letter, over what is selected: the name without its ending.
	await page.keyboard.type('mine');
	await expect(field).toHaveValue('mine.txt');
	await page.evaluate(async (id) => {
		await fetch(`/api/v1/files/${id}`, {
			method: 'PATCH',
			headers: { 'Content-Type': 'application/json', 'If-Match': '*' },
			body: JSON.stringify({ name: 'theirs.txt' }),
		});
	}, file?.id);
	await field.press('Enter');
	const question = page.getByRole('alertdialog');
	await expect(question).toContainText('theirs.txt');
	await question.getByRole('button', { name: 'Back to the form' }).click();
	await expect(field).toHaveValue('mine.txt');
	await expect(field).toBeFocused();
	await field.press('Enter');
	await question.getByRole('button', { name: 'Keep mine' }).click();
	await expect(row(page, 'mine.txt')).toBeVisible();
});

test('a name that was being typed is there again after a reload', async ({ inside: page }) => {
	await begin(page, 'd.txt');
	const kept = page.waitForResponse(
		(answer) => answer.url().includes('/drafts/rename.') && answer.request().method() === 'PUT',
	);
	await (await startRenaming(page, 'd.txt')).fill('half a na');
	await kept;
	await page.reload();
	await expect(row(page, 'd.txt')).toBeVisible();
	const field = await startRenaming(page, 'd.txt');
	await expect(field).toHaveValue('half a na');
	await field.press('Escape');
	await expect(await startRenaming(page, 'd.txt')).toHaveValue('d.txt');
});

test('a sign-out that stops files asks first, and one that fails stops none', async ({ browser, camp }) => {
	const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1440, height: 900 } });
	const page = await context.newPage();
	await signIn(page, camp);
	await page.goto(`${camp.address}/projects/${camp.empty}/files`);
	let letGo: () => void = () => undefined;
	const held = new Promise<void>((fulfil) => (letGo = fulfil));
	await page.route('**/files?name=slow*', async (route) => {
		await held;
		await route.continue();
	});
	await page.route('**/api/v1/session', (route) =>
		route.request().method() === 'DELETE' ? route.fulfill({ status: 500, json: {} }) : route.continue(),
	);
	await page.setInputFiles('[data-chooser="files"]', {
		name: `slow ${Date.now().toString(36)}.txt`,
		mimeType: 'text/plain',
		buffer: Buffer.from('slow'),
	});
	await expect(page.getByRole('heading', { name: 'Arriving' })).toBeVisible();
	await page.getByRole('button', { name: /your account$/ }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	const question = page.getByRole('alertdialog');
	await expect(question).toContainText('Files are still arriving');
	await question.getByRole('button', { name: 'Sign out and stop them' }).click();
	// The program did not let go of the session, so nothing has stopped.
	await expect(question).toBeHidden();
	letGo();
	await expect(row(page, 'slow')).toBeVisible();
	await context.close();
});

test('an answer that is none of the program’s is no arrival, and the file is sent again', async ({
	inside: page,
}) => {
	await begin(page, 'first.txt');
	let tries = 0;
	await page.route('**/files?name=cafe*', (route) => {
		tries += 1;
		return tries === 1
			? route.fulfill({
					status: 200,
					contentType: 'text/html',
					body: '<h1>Welcome to our wireless network</h1>',
				})
			: route.continue();
	});
	await page.setInputFiles('[data-chooser="files"]', {
		name: 'cafe.txt',
		mimeType: 'text/plain',
		buffer: Buffer.from('x'),
	});
	await expect(row(page, 'cafe.txt')).toBeVisible();
	expect(tries).toBe(2);
});

test('a file that is dropped where none is taken does not take the place of the page', async ({
	inside: page,
}) => {
	await page.goto('/people');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
	const taken = await page.evaluate(() =>
		['dragover', 'drop'].map((type) => {
			const transfer = new DataTransfer();
			transfer.items.add(new File(['x'], 'x.txt'));
			const event = new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
			document.body.dispatchEvent(event);
			return event.defaultPrevented;
		}),
	);
	expect(taken).toEqual([true, true]);
	await expect(page.getByText('Files are taken where files are')).toBeVisible();
});

test('a page that finds no answer says so, and asks less and less often', async ({ inside: page }) => {
	let tries = 0;
	await page.route('**/api/v1/journal?*', (route) => {
		tries += 1;
		return route.abort();
	});
	await page.goto('/journal');
	await expect(page.getByRole('heading', { level: 1 })).toContainText('answer');
	const begun = tries;
	await page
		.waitForResponse((answer) => answer.url().includes('/nothing'), { timeout: 6_000 })
		.catch(() => null);
	expect(tries - begun).toBeLessThanOrEqual(3);
});
