/** Two people at the same time: each sees what the other does, and keeps what they are in the middle of. */
import { expect, type Browser, type Page } from '@playwright/test';
import { request, test, upload, type Camp } from './camp';

/** Another browser in which the owner of the camp is signed in. */
async function elsewhere(browser: Browser, camp: Camp): Promise<Page> {
	const context = await browser.newContext({
		baseURL: camp.address,
		storageState: camp.state,
		locale: 'en-GB',
		reducedMotion: 'reduce',
	});
	return context.newPage();
}

async function begin(page: Page): Promise<string> {
	await page.goto('/help');
	const made = await request<{ id: string }>(page, 'POST', '/api/v1/projects', {
		name: `Together ${Date.now().toString(36)}`,
		dye: 'moss',
	});
	return made.id;
}

const rename = (page: Page, id: string, name: string) =>
	page.evaluate(
		async ([file, wanted]) => {
			const answer = await fetch(`/api/v1/files/${file}`, {
				method: 'PATCH',
				headers: { 'Content-Type': 'application/json', 'If-Match': '*' },
				body: JSON.stringify({ name: wanted }),
			});
			if (!answer.ok) throw new Error(await answer.text());
		},
		[id, name] as const,
	);
const trash = (page: Page, id: string) =>
	page.evaluate(async (file) => {
		await fetch(`/api/v1/files/${file}`, { method: 'DELETE', headers: { 'If-Match': '*' } });
	}, id);

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });
const chosen = (page: Page) => page.locator('[role=row][aria-selected=true] a').allTextContents();

test('a list follows what the other does, and keeps selection, focus and a name being typed', async ({
	inside: page,
	browser,
	camp,
}) => {
	const project = await begin(page);
	const other = await elsewhere(browser, camp);
	await other.goto('/help');
	const { id: first } = await upload(page, project, 'b.txt');
	const { id: second } = await upload(page, project, 'd.txt');
	await page.goto(`/projects/${project}/files`);
	const list = page.getByRole('grid');
	await list.focus();
	await page.keyboard.press('End');
	expect(await chosen(page)).toEqual(['d.txt']);

	await upload(other, project, 'a.txt');
	await expect(row(page, 'a.txt')).toBeVisible();
	await expect(page.getByRole('navigation').getByText('Files3')).toBeVisible();
	expect(await chosen(page)).toEqual(['d.txt']);
	await expect(list).toBeFocused();
	await rename(other, first, 'c.txt');
	await expect(row(page, 'c.txt')).toBeVisible();
	expect(await chosen(page)).toEqual(['d.txt']);

	// A name that is being typed stays, and so does the row: what came meanwhile is there afterwards.
	await page.keyboard.press('F2');
	const field = page.getByLabel('New name of d.txt');
	await field.fill('half a na');
	await upload(other, project, 'e.txt');
	await upload(other, project, '0.txt');
	await page
		.waitForResponse((answer) => answer.url().includes('/nothing'), { timeout: 700 })
		.catch(() => null);
	await expect(field).toHaveValue('half a na');
	await expect(field).toBeFocused();
	await field.fill('f.txt');
	await page.keyboard.press('Enter');
	await expect(row(page, 'e.txt')).toBeVisible();
	await expect(row(page, '0.txt')).toBeVisible();
	await expect(row(page, 'f.txt')).toHaveCount(1);
	await expect(list).toBeFocused();

	// What is gone leaves the selection; one stands where it was.
	await trash(other, second);
	await expect(row(page, 'f.txt')).toHaveCount(0);
	expect(await chosen(page)).toEqual([]);
	await other.context().close();
});

test('a folder that is put away while it is open leads to the files that are left', async ({
	inside: page,
	browser,
	camp,
}) => {
	const project = await begin(page);
	const other = await elsewhere(browser, camp);
	await other.goto('/help');
	const { id } = await request<{ id: string }>(page, 'POST', `/api/v1/projects/${project}/folders`, {
		parent: null,
		name: 'Put away',
	});
	await page.goto(`/projects/${project}/files/${id}`);
	await expect(page.getByRole('heading', { level: 1, name: 'Put away' })).toBeVisible();
	await trash(other, id);
	await expect(page.getByRole('heading', { level: 1, name: 'Files' })).toBeVisible();
	await expect(page.getByText('The folder that was open is not here any more')).toBeVisible();
	await other.context().close();
});

test('what one does oneself stands once, also while the other does something', async ({
	inside: page,
	browser,
	camp,
}) => {
	const project = await begin(page);
	const other = await elsewhere(browser, camp);
	await other.goto('/help');
	await page.goto(`/projects/${project}/files`);
	await Promise.all([
		page
			.locator('[data-chooser=files]')
			.first()
			.setInputFiles(
				Array.from({ length: 20 }, (_, i) => ({
					name: `mine ${i}.txt`,
					mimeType: 'text/plain',
					buffer: Buffer.from('mine'),
				})),
			),
		(async () => {
			for (let i = 0; i < 20; i += 1) await upload(other, project, `theirs ${i}.txt`);
		})(),
	]);
	await expect(page.getByRole('row')).toHaveCount(41);
	const names = await page.getByRole('row').getByRole('link').allTextContents();
	expect(new Set(names).size).toBe(40);
	await other.context().close();
});

test('projects, people and the journal follow too', async ({ inside: page, browser, camp }) => {
	const other = await elsewhere(browser, camp);
	await page.goto('/');
	await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
	const project = await begin(other);
	const { name } = await request<{ name: string }>(other, 'GET', `/api/v1/projects/${project}`);
	await expect(page.getByRole('link', { name }).first()).toBeVisible();

	await page.goto('/settings');
	const field = page.getByLabel('Name of your group');
	await field.fill('A name being typed');
	const meter = page.getByRole('meter');
	const before = Number(await meter.getAttribute('value'));
	await upload(other, project, 'Weighs something.txt');
	await expect.poll(async () => Number(await meter.getAttribute('value'))).toBeGreaterThan(before);
	await expect(field).toHaveValue('A name being typed');
	await field.fill('Mirabel');

	await page.goto('/people');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
	const email = `${Date.now().toString(36)}@port.example`;
	await request(other, 'POST', '/api/v1/invitations', { email, role: 'member' });
	await expect(page.getByText(email)).toBeVisible();

	await page.goto(`/projects/${project}/journal`);
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Journal');
	await upload(other, project, 'Told in the journal.txt');
	await expect(page.getByText('Told in the journal.txt')).toBeVisible();

	const { id } = await upload(other, project, 'To the trash.txt');
	await page.goto(`/projects/${project}/trash`);
	await expect(page.getByText('The trash is empty')).toBeVisible();
	await trash(other, id);
	await expect(page.getByText('To the trash.txt')).toBeVisible();
	await other.context().close();
});

test('what happened while the connection was lost is there when it is back', async ({
	inside: page,
	browser,
	camp,
}) => {
	const project = await begin(page);
	const other = await elsewhere(browser, camp);
	await other.goto('/help');
	let away = false;
	await page.routeWebSocket('**/api/v1/live', async (socket) => {
		if (away) return socket.close();
		socket.connectToServer();
		await page.exposeFunction('loseSocket', () => socket.close()).catch(() => undefined);
	});
	await page.goto(`/projects/${project}/files`);
	await upload(other, project, 'before.txt');
	await expect(row(page, 'before.txt')).toBeVisible();
	away = true;
	await page.evaluate(() => (window as unknown as { loseSocket: () => Promise<void> }).loseSocket());
	await upload(other, project, 'meanwhile.txt');
	away = false;
	await expect(row(page, 'meanwhile.txt')).toBeVisible();
	await other.context().close();
});

test('whoever is signed out elsewhere is led to the door', async ({ browser, camp }) => {
	const context = await browser.newContext({ baseURL: camp.address, locale: 'en-GB' });
	const page = await context.newPage();
	await page.goto('/sign-in');
	await page.getByLabel('Email').fill(camp.email);
	await page.getByLabel('Password').fill(camp.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
	const other = await context.newPage();
	await other.goto('/help');
	await request(other, 'DELETE', '/api/v1/session');
	await expect(page).toHaveURL(/sign-in/);
	await expect(page.getByText('You are no longer signed in here')).toBeVisible();
	await context.close();
});
