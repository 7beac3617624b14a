/** What pages tell: rights as they are, a journal narrowed by its address, many files at once, trust. */
import { expect, type Browser, type Page } from '@playwright/test';
import { base, request, test, upload, type Camp } from './camp';

/** A page on which a new guest of the camp's projects is signed in. */
async function asGuest(browser: Browser, owner: Page, camp: Camp, projects: string[]): Promise<Page> {
	await owner.goto('/help');
	const email = `guest-${Date.now().toString(36)}@port.example`;
	const { link } = await request<{ link: string }>(owner, 'POST', '/api/v1/invitations', {
		email,
		role: 'guest',
		projects,
	});
	const context = await browser.newContext({ baseURL: camp.address, locale: 'en-GB' });
	const page = await context.newPage();
	await page.goto(link);
	await page.getByLabel('Your name').fill('Camille');
	await page.getByLabel('Password').fill(camp.password);
	await page.getByRole('button', { name: /^Come in/ }).click();
	await expect(page.getByRole('heading', { level: 1, name: /Camille/ })).toBeVisible();
	return page;
}

test('a guest is not offered what they may not do', async ({ inside: owner, browser, camp }) => {
	await owner.goto('/');
	const projects = await request<{ items: { id: string }[] }>(
		owner,
		'GET',
		'/api/v1/projects?state=archived',
	);
	const archived = projects.items[0]?.id ?? '';
	const guest = await asGuest(browser, owner, camp, [camp.project, archived]);
	await expect(guest.getByRole('link', { name: 'Harbour Festival 2027' }).first()).toBeVisible();
	await expect(guest.getByRole('button', { name: /^More for/ })).toHaveCount(0);
	await expect(guest.getByText('Harbour Festival 2025').first()).toBeVisible();
	await expect(guest.getByRole('button', { name: /^Restore/ })).toHaveCount(0);
	await guest.goto(`/projects/${camp.project}`);
	await expect(guest.getByRole('heading', { level: 2, name: 'Latest files' })).toBeVisible();
	await expect(guest.getByRole('button', { name: /^More for/ })).toHaveCount(0);
	await expect(guest.getByRole('heading', { level: 2, name: 'People' })).toHaveCount(0);
	// Where they may work, they do.
	await guest.goto(`/projects/${camp.project}/files`);
	await expect(guest.getByRole('button', { name: 'New folder' })).toBeVisible();

	await owner.goto('/');
	await expect(owner.getByRole('button', { name: 'More for Harbour Festival 2027' })).toBeVisible();
	await expect(owner.getByRole('button', { name: 'Restore Harbour Festival 2025' })).toBeVisible();
	await guest.context().close();
});

test('the journal is narrowed by its address, and says so where nothing fits', async ({ inside: page }) => {
	await page.goto('/journal?kind=account');
	await expect(page.getByText('opened the account')).toBeVisible();
	await page.getByRole('combobox', { name: 'About' }).selectOption('projects');
	await expect(page).toHaveURL(/\?kind=projects$/);
	await expect(page.getByText('opened the account')).toBeHidden();
	await expect(page.getByText('created the project').first()).toBeVisible();
	await page.getByRole('combobox', { name: 'Person' }).selectOption({ label: 'Inès Moreau' });
	await expect(page).toHaveURL(/person=.*kind=projects/);
	await page.reload();
	await expect(page.getByRole('combobox', { name: 'About' })).toHaveValue('projects');
	await expect(page.getByText('created the project').first()).toBeVisible();
	await page.getByLabel('From', { exact: true }).fill('2099-01-01');
	await expect(page.getByRole('heading', { name: 'Nothing that fits' })).toBeVisible();
	await page.getByRole('button', { name: 'Clear filters' }).last().click();
	await expect(page).toHaveURL(/\/journal$/);
	await expect(page.getByRole('heading', { name: 'Nothing that fits' })).toBeHidden();
	// An address that names one kind alone, as from elsewhere.
	await page.goto('/journal?kind=entry-trashed');
	await expect(page.getByText('moved').first()).toBeVisible();
	await expect(page.getByText('created the project')).toHaveCount(0);
});

test('a selection is moved, trashed and taken back by one request each', async ({ inside: page }) => {
	await page.goto('/help');
	const { id: project } = await request<{ id: string }>(page, 'POST', '/api/v1/projects', {
		name: `Many ${Date.now().toString(36)}`,
	});
	await request(page, 'POST', `/api/v1/projects/${project}/folders`, { parent: null, name: 'Folder' });
	for (let n = 10; n < 22; n += 1) await upload(page, project, `${n}.txt`);
	await page.goto(`/projects/${project}/files`);
	await expect(page.getByRole('row').filter({ hasText: '21.txt' })).toBeVisible();
	const sent: string[] = [];
	page.on('request', (asked) => {
		if (asked.method() !== 'GET')
			sent.push(`${asked.method()} ${new URL(asked.url()).pathname.split('/').pop()}`);
	});
	const list = page.getByRole('grid');
	await list.focus();
	await page.keyboard.press('End');
	await page.keyboard.press('Shift+Home');
	await page.keyboard.press('Control+ArrowDown');
	await list.focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Shift+End');
	await page.getByRole('button', { name: 'Move', exact: true }).click();
	await page.getByRole('dialog').getByRole('button', { name: 'Folder' }).click();
	await page.getByRole('button', { name: 'Move here' }).click();
	await expect(page.getByText('12 entries are moved')).toBeVisible();
	expect(sent).toEqual(['POST moves']);
	await page.keyboard.press('Control+z');
	await expect(page.getByRole('row').filter({ hasText: '21.txt' })).toBeVisible();
	expect(sent).toEqual(['POST moves', 'POST moves']);
	await list.focus();
	await page.keyboard.press('Home');
	await page.keyboard.press('ArrowDown');
	await page.keyboard.press('Shift+End');
	await page.keyboard.press('Delete');
	await expect(page.getByText('12 entries are in the trash')).toBeVisible();
	await page.keyboard.press('Control+z');
	await expect(page.getByRole('row').filter({ hasText: '21.txt' })).toBeVisible();
	expect(sent.slice(2)).toEqual(['POST trash', 'POST restorations']);
});

test('a file says where it is held, a folder how much is below it', async ({ inside: page, camp }) => {
	await page.goto(`/projects/${camp.project}/files?file=${camp.file}`);
	const panel = page.getByRole('complementary');
	await expect(panel.getByText('Stored in one place')).toBeVisible();
	await expect(panel.getByRole('list').first()).toContainText(/This server\s*since\s*Today/);
	await expect(page.getByText(/ in all$/)).toBeVisible();
});

test('the trust page tells strangers of the installation and a group of its files', async ({
	inside: page,
	browser,
	camp,
}) => {
	const context = await browser.newContext({ locale: 'fr-FR' });
	const stranger = await context.newPage();
	for (const address of [base, camp.address]) {
		await stranger.goto(`${address}/trust`);
		await expect(stranger.getByRole('heading', { level: 1 })).toHaveText(
			'Nos promesses, et ce qui les montre.',
		);
		await expect(stranger.getByText('Une copie, sur un seul site.')).toBeVisible();
		await expect(stranger.getByText('Rien n’est demandé à une autre entreprise.')).toBeVisible();
		await expect(stranger.getByText('Contenus rangés')).toHaveCount(0);
	}
	await context.close();
	await page.goto('/');
	await page.getByRole('link', { name: /Safety status/ }).click();
	await expect(page.getByText('Every file is sealed, and where it must be.')).toBeVisible();
	// Nothing that is not built yet is promised.
	await expect(page.getByText(/close the browser/)).toHaveCount(0);
});

test('the frame stays round trust and round what is not there; strangers see whose place it is', async ({
	inside: page,
	page: stranger,
	camp,
}) => {
	const nowhere = '/projects/01900000-0000-7000-8000-000000000000';
	const bar = page.getByRole('banner').first();
	for (const path of ['/trust', '/privacy', '/nothing/here', nowhere]) {
		await page.goto(path);
		await expect(bar).toContainText(camp.title);
		await expect(bar.getByRole('button', { name: 'Jump to…' })).toBeVisible();
	}
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here.');
	// On a phone the stakes are a tab, and say what they show.
	await page.setViewportSize({ width: 390, height: 844 });
	const tabs = page.getByRole('navigation', { name: 'Sections' });
	await tabs.getByRole('link', { name: 'Trust One copy only' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^What we promise/);
	await expect(tabs.getByRole('link', { name: /^Trust/ })).toHaveAttribute('aria-current', 'page');
	for (const path of ['/trust', '/nothing/here']) {
		await stranger.goto(camp.address + path);
		await expect(stranger.getByRole('heading', { level: 1 })).toBeVisible();
		await expect(stranger.getByRole('banner').getByRole('link', { name: camp.title })).toBeVisible();
		await expect(stranger.getByRole('navigation', { name: 'Sections' })).toHaveCount(0);
	}
});

test('what can be done with a file, and the tab of the page, are in sight', async ({
	inside: page,
	camp,
}) => {
	await page.goto(`/projects/${camp.project}/files?file=${camp.file}`);
	const panel = page.getByRole('complementary');
	await expect(panel.getByText('Current')).toBeVisible();
	await expect(panel.getByRole('button', { name: 'Move to trash' })).toBeInViewport({ ratio: 1 });
	await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
	await expect(panel.getByRole('button', { name: 'Move to trash' })).toBeInViewport({ ratio: 1 });
	// So narrow that the four tabs do not fit beside each other.
	await page.setViewportSize({ width: 300, height: 700 });
	await page.goto(`/projects/${camp.project}/journal`);
	const tabs = page.getByRole('navigation', { name: 'Harbour Festival 2027' });
	await expect(tabs.getByRole('link', { name: 'Journal' })).toBeInViewport({ ratio: 0.99 });
	await expect(tabs.getByRole('link', { name: 'Overview' })).not.toBeInViewport({ ratio: 0.99 });
});

test('a device finds the manifest and its icons, and no workshop', async ({ inside: page }) => {
	await page.goto('/help');
	const address = await page.locator('link[rel=manifest]').getAttribute('href');
	const ground = page.locator('meta[name=theme-color]');
	await expect(ground).toHaveAttribute('content', '#f1f2ea');
	await page.emulateMedia({ colorScheme: 'dark' });
	await expect(ground).toHaveAttribute('content', '#101512');
	const found = await page.evaluate(async (manifest) => {
		const answer = await fetch(manifest ?? '');
		const { icons } = (await answer.json()) as { icons: { src: string; type: string; sizes: string }[] };
		const sizes = await Promise.all(
			icons.map(async ({ src, type, sizes: said }) => {
				const picture = await fetch(src);
				const right = picture.headers.get('Content-Type') === type;
				if (type === 'image/svg+xml') return right;
				const { width, height } = await createImageBitmap(await picture.blob());
				return right && `${width}x${height}` === said;
			}),
		);
		return { type: answer.headers.get('Content-Type'), sizes };
	}, address);
	expect(found).toEqual({ type: 'application/manifest+json', sizes: [true, true, true, true] });
	const touch = await page.evaluate(async () =>
		(await fetch('/apple-touch-icon.png')).headers.get('Content-Type'),
	);
	expect(touch).toBe('image/png');
	await page.goto('/dev/gallery');
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('There is nothing here.');
});
