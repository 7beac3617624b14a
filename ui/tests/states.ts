/** Every page and state inside an account, each with the way to it. Some go on from the one before. */
import type { Page } from '@playwright/test';
import { upload, type Camp } from './camp';

export interface State {
	readonly name: string;
	readonly show: (page: Page, camp: Camp) => Promise<unknown>;
}

/** A PNG of one pixel. */
const PIXEL = Buffer.from(
	'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mPQyfYFAAGrAOUkpl4vAAAAAElFTkSuQmCC',
	'base64',
);

export const heading = (page: Page, name: string | RegExp) =>
	page.getByRole('heading', { level: 1, name }).waitFor();
const dialog = (page: Page) => page.locator('[role=dialog], [role=alertdialog]').first().waitFor();
const files = async (page: Page, { project }: Camp, rest = '') => {
	await page.goto(`/projects/${project}/files${rest}`);
	await heading(page, 'Files');
};

export const INSIDE: readonly State[] = [
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
		name: 'several selected',
		show: async (page, camp) => {
			await files(page, camp);
			await page.getByRole('grid').focus();
			await page.keyboard.press('Control+a');
			await page.getByRole('group', { name: 'Selection' }).waitFor();
		},
	},
	{
		name: 'a name that is refused where it stands',
		show: async (page, camp) => {
			await files(page, camp);
			await page.getByRole('grid').focus();
			await page.keyboard.press('Home');
			await page.keyboard.press('F2');
			await page.keyboard.type('W'.repeat(120));
			await page.keyboard.press('Enter');
			await page.locator('[aria-invalid=true]').waitFor();
		},
	},
	{
		name: 'tiles',
		show: async (page, camp) => {
			await page.keyboard.press('Escape');
			await files(page, camp);
			await page.getByRole('button', { name: 'As tiles' }).click();
			await page.getByRole('gridcell').first().waitFor();
		},
	},
	{
		name: 'a filter that nothing passes',
		show: async (page) => {
			await page.getByRole('button', { name: 'As a list' }).click();
			await page.getByLabel('Filter by name').fill('nothing is called that');
			await page.getByText('Nothing in here is called').waitFor();
		},
	},
	{
		name: 'a name that is taken where a file should go',
		show: async (page, camp) => {
			await files(page, camp);
			await page.getByLabel('Filter by name').fill('');
			await upload(page, camp.project, 'Quay levels.dwg').catch(() => undefined);
			await page.reload();
			await page.getByRole('button', { name: 'More for Quay levels.dwg' }).click();
			await page.getByRole('menuitem', { name: 'Move…' }).click();
			await page.getByRole('dialog').getByRole('button', { name: 'East quay' }).click();
			await page.getByRole('button', { name: 'Move here' }).click();
			await page.getByRole('alertdialog').waitFor();
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
			await page.goto('/journal?person=01900000-0000-7000-8000-000000000000&kind=files');
			await page.getByText('Nothing that fits').waitFor();
		},
	},
	{
		name: 'trust, of a group',
		show: async (page) => {
			await page.goto('/trust');
			await heading(page, /^What we promise/);
			await page.getByText('Contents stored').waitFor();
			await page.getByText('No other company is asked').waitFor();
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
		name: 'a profile that is not saved, and a picture that is no picture',
		show: async (page) => {
			await page.getByLabel('Your name').fill('Inès M. Moreau');
			await page.getByText('Not saved yet').waitFor();
			const other = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') };
			await page.locator('input[type=file]').setInputFiles(other);
			await page.getByRole('alert').waitFor();
		},
	},
	{
		name: 'a picture before it is used',
		show: async (page) => {
			await page.getByRole('button', { name: 'Discard' }).click();
			const picture = { name: 'me.png', mimeType: 'image/png', buffer: PIXEL };
			await page.locator('input[type=file]').setInputFiles(picture);
			await page.getByRole('button', { name: 'Use this picture' }).waitFor();
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
