/** axe-core on every page and state, by day and by night, at 1440 and at 390 px: it finds nothing. */
import { expect, type Page } from '@playwright/test';
import axe from 'axe-core';
import { base, test, type Camp } from './camp';

declare global {
	interface Window {
		axe: typeof axe;
	}
}

interface State {
	readonly name: string;
	readonly show: (page: Page, camp: Camp) => Promise<unknown>;
}

// A trace of so many looks would take longer than they do.
test.use({ trace: 'off' });

const WIDTHS = [1440, 390];
const THEMES = ['light', 'dark'] as const;

const heading = (page: Page, name: string | RegExp) =>
	page.getByRole('heading', { level: 1, name }).waitFor();
const dialog = (page: Page) => page.locator('[role=dialog], [role=alertdialog]').first().waitFor();
const files = async (page: Page, { project }: Camp, rest = '') => {
	await page.goto(`/projects/${project}/files${rest}`);
	await heading(page, 'Files');
};

const OUTSIDE: readonly State[] = [
	{
		name: 'the installation',
		show: async (page) => {
			await page.goto(base);
			await heading(page, /^A camp for your work/);
		},
	},
	{
		name: 'a group that is not there',
		show: async (page) => {
			await page.getByLabel('Its name').fill('nobody-lives-here');
			await page.getByRole('button', { name: 'Go to its door' }).click();
			await page.getByText('No account lives at').waitFor();
		},
	},
	{
		name: 'opening an account',
		show: async (page) => {
			await page.goto(`${base}/sign-up`);
			await heading(page, 'Open your account');
		},
	},
	{
		name: 'opening an account, refused',
		show: async (page) => {
			await page.getByLabel('Name of your group').fill('www');
			await page.getByText('reserved').waitFor();
			await page.getByRole('button', { name: /^Open/ }).click();
			await page.locator('[aria-invalid=true]').first().waitFor();
		},
	},
	{
		name: 'an address without an account',
		show: async (page) => {
			const { protocol, host } = new URL(base);
			await page.goto(`${protocol}//nobody-lives-here.${host}/`);
			await heading(page, 'No account lives at this address.');
		},
	},
	{
		name: 'sign in',
		show: async (page, camp) => {
			await page.goto(`${camp.address}/sign-in`);
			await heading(page, `Hello, ${camp.title}`);
		},
	},
	{
		name: 'sign in, refused',
		show: async (page, camp) => {
			await page.getByLabel('Email').fill(camp.email);
			await page.getByLabel('Password').fill('not this one at all');
			await page.getByRole('button', { name: 'Sign in' }).click();
			await page.getByRole('alert').waitFor();
		},
	},
	{
		name: 'forgotten password',
		show: async (page, camp) => {
			await page.goto(`${camp.address}/forgotten`);
			await heading(page, 'Forgotten password');
		},
	},
	{
		name: 'forgotten password, asked',
		show: async (page) => {
			await page.getByLabel('Email').fill('nobody@mirabel.example');
			await page.getByRole('button', { name: 'Send me the link' }).click();
			await page.getByRole('status').filter({ hasText: 'nobody@mirabel.example' }).waitFor();
		},
	},
	{
		name: 'new password',
		show: async (page, camp) => {
			await page.goto(`${camp.address}/reset#anything`);
			await page.getByLabel('New password').waitFor();
		},
	},
	{
		name: 'new password, link cut short',
		show: async (page, camp) => {
			await page.goto(`${camp.address}/sign-in`);
			await page.goto(`${camp.address}/reset`);
			await page.getByText('This link is incomplete').waitFor();
		},
	},
	{
		name: 'invitation',
		show: async (page, camp) => {
			await page.goto(camp.invitation);
			await heading(page, `Come in to ${camp.title}`);
		},
	},
	{
		name: 'invitation that is none',
		show: async (page, camp) => {
			await page.goto(`${camp.address}/sign-in`);
			await page.goto(`${camp.address}/invitation#nothing`);
			await page.getByRole('alert').waitFor();
		},
	},
	{
		name: 'welcome, too late',
		show: async (page, camp) => {
			await page.goto(`${camp.address}/welcome#used`);
			await page.getByRole('alert').waitFor();
		},
	},
];

const INSIDE: readonly State[] = [
	{
		name: 'home',
		show: async (page) => {
			await page.goto('/');
			await heading(page, /Inès/);
		},
	},
	{
		name: 'the menu of a project',
		show: (page) => page.getByRole('button', { name: 'More for Harbour Festival 2027' }).click(),
	},
	{
		name: 'a new project',
		show: async (page) => {
			await page.keyboard.press('Escape');
			await page.getByRole('button', { name: 'New project' }).first().click();
			await dialog(page);
		},
	},
	{
		name: 'the palette',
		show: async (page) => {
			await page.goto('/');
			await heading(page, /Inès/);
			await page.getByRole('button', { name: 'Jump to…' }).click();
			await page.getByRole('option', { name: /Harbour/ }).waitFor();
		},
	},
	{
		name: 'the palette, only in a project',
		show: async (page) => {
			await page.keyboard.type('harb');
			await page.keyboard.press('Tab');
			await page.getByRole('option', { name: /East quay/ }).waitFor();
		},
	},
	{
		name: 'a project',
		show: async (page, { project }) => {
			await page.goto(`/projects/${project}`);
			await heading(page, 'Harbour Festival 2027');
		},
	},
	{ name: 'files', show: (page, camp) => files(page, camp) },
	{
		name: 'an empty folder',
		show: async (page, { empty }) => {
			await page.goto(`/projects/${empty}/files`);
			await page.getByText('Nothing in here yet').waitFor();
		},
	},
	{
		name: 'a folder',
		show: async (page, camp) => {
			await page.goto(`/projects/${camp.project}/files/${camp.folder}`);
			await heading(page, 'East quay');
		},
	},
	{
		name: 'an open file',
		show: async (page, camp) => {
			await files(page, camp, `?file=${camp.file}`);
			await page.getByText('Current').waitFor();
		},
	},
	{
		name: 'the menu of a file',
		show: async (page, camp) => {
			await files(page, camp);
			await page.getByRole('button', { name: /^More for Stage plan/ }).click();
			await page.getByRole('menu').waitFor();
		},
	},
	{
		name: 'moving a file',
		show: async (page) => {
			await page.getByRole('menuitem', { name: 'Move…' }).click();
			await dialog(page);
			await page.getByRole('dialog').getByRole('button', { name: 'East quay' }).waitFor();
		},
	},
	{
		name: 'a new folder',
		show: async (page, camp) => {
			await files(page, camp);
			await page.getByRole('button', { name: 'New folder' }).click();
			await dialog(page);
		},
	},
	{
		name: 'a name that is taken',
		show: async (page) => {
			await page.getByRole('dialog').getByLabel('Name').fill('East quay');
			await page.getByRole('button', { name: 'Create the folder' }).click();
			await page.locator('[aria-invalid=true]').waitFor();
		},
	},
	{
		name: 'the trash',
		show: async (page, { project }) => {
			await page.goto(`/projects/${project}/trash`);
			await page.getByText('Draft letter.docx').waitFor();
		},
	},
	{
		name: 'erasing for good',
		show: async (page) => {
			await page.getByRole('button', { name: 'Erase Draft letter.docx for good…' }).click();
			await dialog(page);
		},
	},
	{
		name: 'an empty trash',
		show: async (page, { empty }) => {
			await page.goto(`/projects/${empty}/trash`);
			await page.getByText('The trash is empty').waitFor();
		},
	},
	{
		name: 'the journal of a project',
		show: async (page, { project }) => {
			await page.goto(`/projects/${project}/journal`);
			await page.getByText('Draft letter.docx').first().waitFor();
		},
	},
	{
		name: 'the journal',
		show: async (page) => {
			await page.goto('/journal');
			await page.getByText('opened the account').waitFor();
		},
	},
	{
		name: 'the journal, with nothing that fits',
		show: async (page) => {
			await page.goto('/journal?person=nobody&kind=files');
			await page.getByText('Nothing that fits').waitFor();
		},
	},
	{
		name: 'settings',
		show: async (page) => {
			await page.goto('/settings');
			await page.getByLabel('Name of your group').waitFor();
		},
	},
	{
		name: 'help',
		show: async (page) => {
			await page.goto('/help');
			await heading(page, 'Help');
		},
	},
	{
		name: 'no connection',
		show: async (page) => {
			await page.context().setOffline(true);
			await page.getByText('You are offline.').waitFor();
		},
	},
	{
		name: 'people',
		show: async (page) => {
			await page.context().setOffline(false);
			await page.goto('/people');
			await page.getByText('camille@port.example').waitFor();
		},
	},
	{
		name: 'inviting a guest',
		show: async (page) => {
			await page.getByRole('button', { name: 'Invite someone' }).click();
			await page.getByLabel('Role').selectOption('guest');
			await page.getByRole('checkbox').first().waitFor();
		},
	},
	{
		name: 'profile',
		show: async (page) => {
			await page.goto('/profile');
			await page.getByLabel('Your name').waitFor();
		},
	},
	{
		name: 'ending an app password',
		show: async (page) => {
			await page.getByRole('button', { name: 'End Laptop' }).click();
			await dialog(page);
		},
	},
	{
		name: 'the menu of the account',
		show: async (page) => {
			await page.goto('/profile');
			await page.getByRole('button', { name: /your account$/ }).click();
			await page.getByRole('menu').waitFor();
		},
	},
	{
		name: 'a page that is not there',
		show: async (page) => {
			await page.goto('/nothing/here');
			await heading(page, 'There is nothing here.');
		},
	},
];

/** Looks at the page as it stands, at both widths and in both themes. */
async function look(page: Page, name: string): Promise<string[]> {
	const found: string[] = [];
	for (const width of WIDTHS) {
		await page.setViewportSize({ width, height: 900 });
		for (const colorScheme of THEMES) {
			await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
			for (const trouble of await troubles(page, colorScheme === 'dark'))
				found.push(`${name}, ${width} px, ${colorScheme}: ${trouble}`);
		}
	}
	await page.setViewportSize({ width: 1440, height: 900 });
	return found;
}

/** What axe finds on the page as it stands; a theme changes colours and nothing else. */
async function troubles(page: Page, coloursOnly: boolean): Promise<string[]> {
	if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
	return page.evaluate(
		async (rules) => {
			const { violations } = await window.axe.run(document, {
				resultTypes: ['violations'],
				...(rules === null ? {} : { runOnly: { type: 'rule', values: rules } }),
			});
			return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id} ${target.join(' ')}`));
		},
		coloursOnly ? ['color-contrast', 'link-in-text-block'] : null,
	);
}

async function lookAtAll(page: Page, camp: Camp, states: readonly State[]): Promise<void> {
	const found: string[] = [];
	for (const { name, show } of states) {
		await test.step(name, async () => {
			await show(page, camp);
			found.push(...(await look(page, name)));
		});
	}
	console.log(`${states.length * WIDTHS.length * THEMES.length} looks, ${found.length} violations`);
	expect(found).toEqual([]);
}

test('axe finds nothing on the pages before one is inside', async ({ page, camp }) => {
	await lookAtAll(page, camp, OUTSIDE);
});

test('axe finds nothing on the pages inside', async ({ inside, camp }) => {
	await lookAtAll(inside, camp, INSIDE);
});
