/** What holds on every page: the palette, the keys, a lost connection, two people at the same thing. */
import { expect } from '@playwright/test';
import { request, test } from './camp';

test('the palette goes first and then does, and Tab looks in one project only', async ({
	inside: page,
	camp,
}) => {
	await page.goto('/people');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
	await page.keyboard.press('Control+k');
	const field = page.getByRole('combobox', { name: 'Jump to or do…' });
	await expect(field).toBeFocused();
	await expect(page.getByRole('group', { name: 'Go to' }).getByRole('option').first()).toBeVisible();
	await field.fill('nothing has this name');
	await expect(page.getByText('Nothing is called')).toBeVisible();
	await page.keyboard.press('Enter');
	await field.fill('wint');
	await expect(page.getByRole('option', { selected: true })).toContainText('Winter market');
	await field.fill('harb');
	await page.keyboard.press('Tab');
	await expect(field).toHaveValue('');
	await field.fill('quay');
	await expect(page.getByRole('option')).toHaveCount(2);
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('ArrowUp');
	await page.keyboard.press('Enter');
	await expect(page).toHaveURL(new RegExp(`/projects/${camp.project}/files`));
	await page.keyboard.press('Control+k');
	await field.fill('make it night');

	await page.keyboard.press('Enter');
	await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});

test('single keys lead about, and can be switched off', async ({ inside: page }) => {
	await page.goto('/');
	await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
	await page.keyboard.press('g');
	await page.keyboard.press('p');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
	await page.keyboard.press('?');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help');
	await page.getByLabel('Listen to single letters').uncheck();
	await page.getByRole('heading', { level: 1 }).click();
	await page.keyboard.press('g');
	await page.keyboard.press('p');
	await page.reload();
	await expect(page.getByLabel('Listen to single letters')).not.toBeChecked();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help');
});

test('without a connection a change waits, and is sent once when it is back', async ({
	inside: page,
	camp,
}) => {
	await page.goto(`/projects/${camp.empty}/files`);
	await page.getByRole('button', { name: 'New folder' }).click();
	await page.getByRole('dialog').getByLabel('Name').fill('Made on the train');
	const keys: (string | undefined)[] = [];
	page.on('request', (sent) => {
		if (sent.method() === 'POST' && sent.url().endsWith('/folders'))
			keys.push(sent.headers()['idempotency-key']);
	});
	await page.context().setOffline(true);
	await expect(page.getByText('You are offline.')).toBeVisible();
	await page.getByRole('button', { name: 'Create the folder' }).click();
	await expect(page.getByText('connection is back: 1 change')).toBeVisible();
	await page.context().setOffline(false);
	await expect(page.getByRole('link', { name: 'Made on the train' })).toBeVisible();
	await expect(page.getByText('You are offline.')).toBeHidden();
	expect(keys.length).toBeGreaterThan(1);
	expect(new Set(keys).size).toBe(1);
	const { items } = await request<{ items: { name: string }[] }>(
		page,
		'GET',
		`/api/v1/projects/${camp.empty}/files`,
	);
	expect(items.filter(({ name }) => name === 'Made on the train')).toHaveLength(1);
});

test('where two change the same, both sides are shown and nothing typed is lost', async ({
	inside: page,
}) => {
	const theirs = (title: string) =>
		page.evaluate(async (wanted) => {
			const { revision } = (await (await fetch('/api/v1/account')).json()) as { revision: number };
			await fetch('/api/v1/account', {
				method: 'PATCH',
				headers: { 'Content-Type': 'application/json', 'If-Match': `"${revision}"` },
				body: JSON.stringify({ title: wanted }),
			});
		}, title);
	await page.goto('/settings');
	const name = page.getByLabel('Name of your group');
	await name.fill('Mirabel of mine');
	await theirs('Mirabel of theirs');
	await page.getByRole('button', { name: 'Save the settings' }).click();
	const question = page.getByRole('alertdialog');
	await expect(question).toContainText('Mirabel of theirs');
	await expect(question).toContainText('Mirabel of mine');
	await question.getByRole('button', { name: 'Back to the form' }).click();
	await expect(name).toHaveValue('Mirabel of mine');

	// What was typed is there again after a way round.
	await page.getByRole('link', { name: 'People' }).first().click();
	await page.getByRole('button', { name: /your account$/ }).click();
	await page.getByRole('menuitem', { name: 'Settings' }).click();
	await expect(name).toHaveValue('Mirabel of mine');

	await page.getByRole('button', { name: 'Save the settings' }).click();
	await question.getByRole('button', { name: 'Keep mine' }).click();
	await expect(page.getByText('The settings are saved')).toBeVisible();
	await theirs('Mirabel');
});

test('an outline stands in for what is slow, and the page that was there comes back if one does', async ({
	inside: page,
}) => {
	await page.goto('/');
	await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
	let go = (): void => undefined;
	const held = new Promise<void>((fulfil) => (go = fulfil));
	await page.route('**/api/v1/people', async (route) => {
		await held;
		await route.continue();
	});
	await page.getByRole('link', { name: 'People' }).first().click();
	await expect(page.getByText('Loading…')).toBeAttached();
	await expect(page.getByRole('heading', { level: 1 })).toBeHidden();
	go();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
});

test('a browser that is too old is told so, in both languages, and shows nothing else', async ({
	browser,
	camp,
}) => {
	const context = await browser.newContext({ locale: 'fr-FR' });
	const page = await context.newPage();
	await page.addInitScript(() => {
		CSS.supports = () => false;
	});
	await page.goto(`${camp.address}/sign-in`);
	await expect(page.getByRole('heading', { name: 'Ce navigateur est trop ancien.' })).toBeVisible();
	await expect(page.getByRole('heading', { name: 'This browser is too old.' })).toBeVisible();
	await page.waitForLoadState('networkidle');
	await expect(page.getByRole('textbox')).toHaveCount(0);
	await context.close();
});

test('where the program has no database for a moment the page says so, and sends again what was under way', async ({
	inside: page,
	camp,
}) => {
	await page.goto(`/projects/${camp.empty}/files`);
	await page.getByRole('button', { name: 'New folder' }).click();
	await page.getByRole('dialog').getByLabel('Name').fill('Made meanwhile');
	const keys: (string | undefined)[] = [];
	let away = true;
	await page.route('**/api/v1/**', (route) => {
		const sent = route.request();
		if (sent.method() === 'POST' && sent.url().endsWith('/folders'))
			keys.push(sent.headers()['idempotency-key']);
		if (!away) return route.continue();
		return route.fulfill({
			status: 503,
			contentType: 'application/problem+json',
			headers: { 'Retry-After': '2' },
			json: { type: 'urn:palisade:problem:database-away', title: 'away', status: 503 },
		});
	});
	await page.getByRole('button', { name: 'Create the folder' }).click();
	await expect(page.getByText('Reconnecting…')).toBeVisible();
	await expect(page.getByText('connection is back: 1 change')).toBeVisible();
	away = false;
	await expect(page.getByRole('link', { name: 'Made meanwhile' })).toBeVisible();
	await expect(page.getByText('Reconnecting…')).toBeHidden();
	expect(keys.length).toBeGreaterThan(1);
	expect(new Set(keys).size).toBe(1);
});

test('what is said of no answer comes and goes by itself, also where the first page cannot come', async ({
	inside: page,
}) => {
	let away = true;
	await page.route('**/api/v1/**', (route) => (away ? route.abort() : route.continue()));
	await page.goto('/people');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('No answer came.');
	away = false;
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('People');
});

test('a closed account is told in both languages', async ({ page, camp }) => {
	await page.route('**/api/v1/door', (route) =>
		route.fulfill({
			status: 410,
			contentType: 'application/problem+json',
			json: { type: 'urn:palisade:problem:gone', title: 'gone', status: 410 },
		}),
	);
	await page.goto(`${camp.address}/sign-in`);
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('This address is no longer in use.');
	await expect(page.getByRole('heading', { level: 2 })).toHaveText('Cette adresse n’est plus utilisée.');
});
