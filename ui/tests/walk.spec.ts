/**
 * The main job, on real input: a group opens its account, makes a project, brings a folder in, brings a
 * second version of a file, gets it back byte for byte, throws it away and takes it back.
 */
import { readFileSync } from 'node:fs';
import { expect, test, type CDPSession, type Page } from '@playwright/test';
import { guard } from './guard';
import { pack } from './luggage';
import { picture, pictures } from './pictures';

const base = process.env.PALISADE_URL ?? 'http://palisade.localhost:8080';
const name = `walk-${Date.now().toString(36)}`;
const password = 'four unrelated words make one';
const inPage = (page: Page, text: string) => page.getByRole('main').getByText(text, { exact: true });

test('a group signs up, keeps its files, and gets them back', async ({ page, context }) => {
	const luggage = pack();
	const { clean } = await guard(page, base);
	const network = await context.newCDPSession(page);

	await test.step('sign up', async () => {
		await page.goto(base);
		await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^A camp for your work/);
		await pictures(page, 'front');
		await page.getByRole('link', { name: 'Open an account' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Open your account');
		await page.getByLabel('Name of your group').fill(name);
		await page.getByLabel('Your name').fill('Inès Moreau');
		await page.getByLabel('Email').fill('ines@mirabel-studio.example');
		await page.getByLabel('Password').fill(password);
		await expect(page.getByText('Free', { exact: true })).toBeVisible();
		await pictures(page, 'sign-up');
		await page.getByRole('button', { name: 'Français' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Ouvrez votre compte');
		await expect(page.getByLabel('Votre nom')).toHaveValue('Inès Moreau');
		await picture(page, 'sign-up-fr', 'wide', 'light');
		await picture(page, 'sign-up-fr', 'phone', 'light');
		await page.getByRole('button', { name: 'English' }).click();
		await page.getByRole('button', { name: new RegExp(`^Open ${name}`) }).click();
		await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
		expect(new URL(page.url()).hostname).toBe(`${name}.${new URL(base).hostname}`);
		expect(new URL(page.url()).hash).toBe('');
	});

	await test.step('make a project', async () => {
		await pictures(page, 'home-empty');
		await page.getByRole('banner').waitFor();
		await page.getByRole('button', { name: 'New project' }).first().click();
		await page.getByRole('dialog').getByLabel('Name').fill('Harbour Festival 2027');
		await picture(page, 'project-new', 'wide', 'light');
		await page.getByRole('button', { name: 'Create the project' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Files');
		await pictures(page, 'files-empty');
	});

	await test.step('bring a folder by the chooser', async () => {
		await page.locator('[data-chooser="folder"]').setInputFiles(luggage.folder);
		await expect(page.getByText(`${luggage.files} files saved`)).toBeVisible();
		await page.getByRole('link', { name: 'Été 2027' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Été 2027');
		await expect(page.getByRole('link', { name: luggage.plan.name })).toBeVisible();
		await page.getByRole('link', { name: 'Plans', exact: true }).click();
		await page.getByRole('link', { name: '図面' }).click();
		await expect(page.getByRole('link', { name: '日本語.txt' })).toBeVisible();
		await page
			.getByRole('navigation', { name: 'Breadcrumb' })
			.getByRole('link', { name: 'Été 2027' })
			.click();
		// Dropped before the folder is shown, the next files would go to the one before.
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Été 2027');
		await expect(page.getByRole('link', { name: luggage.plan.name })).toBeVisible();
	});

	await test.step('drop a folder on the page', async () => {
		await drop(network, luggage.dropped);
		await expect(page.getByText('2 files saved')).toBeVisible();
		await expect(page.getByRole('link', { name: 'From the lake' })).toBeVisible();
	});

	await test.step('see files on their way', async () => {
		await throttle(network, 1_500_000);
		await page.locator('[data-chooser="files"]').setInputFiles(luggage.large);
		await expect(page.getByText('/s').first()).toBeVisible();
		await expect(page.getByText(/ left$/).first()).toBeVisible();
		await page.getByRole('link', { name: luggage.plan.name }).click();
		await expect(page.getByRole('complementary').getByText('Current')).toBeVisible();
		await picture(page, 'files-arriving', 'wide', 'light');
		await picture(page, 'files-arriving', 'wide', 'dark');
		await page.getByRole('button', { name: 'Close' }).click();
		await picture(page, 'files-arriving', 'phone', 'light');
		await picture(page, 'files-arriving', 'phone', 'dark');
		await page.getByRole('button', { name: 'Cancel Sound check.wav' }).click();
		await throttle(network, -1);
		await expect(page.getByText('3 files saved')).toBeVisible({ timeout: 60_000 });
		await expect(page.getByRole('link', { name: 'Survey photos.zip' })).toBeVisible();
		await expect(page.getByRole('link', { name: 'Sound check.wav' })).toBeHidden();
	});

	await test.step('bring a second version', async () => {
		await page.locator('[data-chooser="files"]').setInputFiles(luggage.planLater.path);
		const question = page.getByRole('alertdialog');
		await expect(question).toContainText('is already here');
		await picture(page, 'conflict', 'wide', 'light');
		await picture(page, 'conflict', 'phone', 'dark');
		await question.getByRole('button', { name: 'Add it as a new version' }).click();
		await expect(inPage(page, 'Saved as version 2')).toBeVisible();
	});

	await test.step('get both versions back, byte for byte', async () => {
		await page.getByRole('link', { name: luggage.plan.name }).click();
		const panel = page.getByRole('complementary');
		await expect(panel.getByText('v2')).toBeVisible();
		expect(
			await downloaded(page, () => panel.getByRole('link', { name: 'Download', exact: true }).click()),
		).toEqual(luggage.planLater.bytes);
		const older = panel.getByRole('link', { name: 'Download version 1' });
		expect(await downloaded(page, () => older.click())).toEqual(luggage.plan.bytes);
		await pictures(page, 'file-open');
		await page.getByRole('button', { name: 'Français' }).click();
		await expect(page.getByRole('link', { name: 'Télécharger', exact: true })).toBeVisible();
		await picture(page, 'file-open-fr', 'wide', 'light');
		await picture(page, 'file-open-fr', 'phone', 'dark');
		await page.getByRole('button', { name: 'English' }).click();
		await expect(panel.getByRole('link', { name: 'Download', exact: true })).toBeVisible();
	});

	await test.step('throw it away and take it back', async () => {
		await page.getByRole('complementary').getByRole('button', { name: 'Move to trash' }).click();
		await expect(page.getByText(`“${luggage.plan.name}” is in the trash`)).toBeVisible();
		await expect(page.getByRole('link', { name: luggage.plan.name })).toBeHidden();
		await picture(page, 'toast', 'phone', 'light');
		await page.getByRole('link', { name: 'Trash', exact: true }).first().click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trash');
		await expect(page.getByText('from Été 2027')).toBeVisible();
		await pictures(page, 'trash');
		await page.getByRole('button', { name: `Put back ${luggage.plan.name}` }).click();
		await expect(page.getByText('The trash is empty')).toBeVisible();
		await page.getByRole('link', { name: 'Files', exact: false }).first().click();
		await page.getByRole('link', { name: 'Été 2027' }).click();
		await page.getByRole('link', { name: luggage.plan.name }).click();
		const get = page.getByRole('complementary').getByRole('link', { name: 'Download', exact: true });
		expect(await downloaded(page, () => get.click())).toEqual(luggage.planLater.bytes);
	});

	await test.step('look round, sign out and come back', async () => {
		await page.getByRole('link', { name: 'Home' }).first().click();
		await expect(page.getByRole('link', { name: 'Harbour Festival 2027' }).first()).toBeVisible();
		await pictures(page, 'home');
		await page.getByRole('link', { name: 'People' }).first().click();
		await expect(page.getByText('ines@mirabel-studio.example')).toBeVisible();
		await pictures(page, 'people');
		await page.keyboard.press('Control+k');
		await page.keyboard.type('harb');
		await expect(page.getByRole('option', { selected: true })).toContainText('Harbour Festival 2027');
		await page.keyboard.press('Enter');
		await expect(page.getByRole('heading', { level: 2, name: 'Latest files' })).toBeVisible();
		await pictures(page, 'project');
		await page.getByRole('link', { name: 'Journal' }).first().click();
		await expect(page.getByRole('main')).toContainText('opened the account');
		await pictures(page, 'journal');
		await page.getByRole('button', { name: /your account$/ }).click();
		await picture(page, 'menu', 'wide', 'dark');
		await page.getByRole('menuitem', { name: 'Profile' }).click();
		await expect(page.getByLabel('Your name')).toHaveValue('Inès Moreau');
		await pictures(page, 'profile');
		await page.getByRole('button', { name: /your account$/ }).click();
		await page.getByRole('menuitem', { name: 'Sign out' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Hello, ${name}`);
		await pictures(page, 'sign-in');
		await page.getByLabel('Email').fill('ines@mirabel-studio.example');
		await page.getByLabel('Password').fill(password);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await expect(page.getByRole('link', { name: 'Harbour Festival 2027' }).first()).toBeVisible();
	});

	clean();
});

async function downloaded(page: Page, act: () => Promise<void>): Promise<Buffer> {
	const [download] = await Promise.all([page.waitForEvent('download'), act()]);
	return readFileSync(await download.path());
}

/** Drops a real folder of this machine, as a file manager does. */
async function drop(network: CDPSession, folder: string): Promise<void> {
	const data = { items: [], files: [folder], dragOperationsMask: 1 };
	for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
		await network.send('Input.dispatchDragEvent', { type, x: 500, y: 500, data });
	}
}

/** Limits what goes up to so many bytes a second; -1 takes the limit away. */
async function throttle(network: CDPSession, uploadThroughput: number): Promise<void> {
	await network.send('Network.emulateNetworkConditions', {
		offline: false,
		latency: 0,
		downloadThroughput: -1,
		uploadThroughput,
	});
}
