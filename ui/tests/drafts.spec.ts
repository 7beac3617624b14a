/** Nothing that is typed is lost: not by a reload, an error, a sign-out or a connection that is gone. */
import { expect, type Page } from '@playwright/test';
import { request, test } from './camp';

const dialog = (page: Page) => page.getByRole('dialog');
const newProject = async (page: Page) => {
	await page.goto('/');
	await page.getByRole('button', { name: 'New project' }).first().click();
};
const rename = async (page: Page, project: string) => {
	await page.goto(`/projects/${project}`);
	await page
		.getByRole('main')
		.getByRole('button', { name: /^More for/ })
		.first()
		.click();
	await page.getByRole('menuitem', { name: 'Rename…' }).click();
};
const forms = async (page: Page) => {
	const { items } = await request<{ items: { form: string }[] }>(page, 'GET', '/api/v1/drafts');
	return items.map(({ form }) => form);
};
const isKept = (page: Page, form: string) =>
	page.waitForResponse(
		(answer) => answer.url().endsWith(`/api/v1/drafts/${form}`) && answer.request().method() === 'PUT',
	);

test('what is typed is there after a reload, and gone when it is sent or given up', async ({
	inside: page,
}) => {
	await newProject(page);
	const name = dialog(page).getByLabel('Name');
	await name.fill('Lantern night');
	// Sent as the page goes away, before the second is over.
	await page.reload();
	await page.getByRole('button', { name: 'New project' }).first().click();
	await expect(name).toHaveValue('Lantern night');
	await expect(dialog(page).getByText('Not saved yet · Today')).toBeVisible();

	await dialog(page).getByRole('button', { name: 'Discard' }).click();
	await expect(name).toHaveValue('');
	await expect(dialog(page).getByText('Not saved yet')).toBeHidden();
	await expect.poll(() => forms(page)).not.toContain('project.new');

	const kept = isKept(page, 'project.new');
	await name.fill('Lantern night 2');
	await kept;
	await page.getByRole('button', { name: 'Create the project' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Files');
	await expect.poll(() => forms(page)).not.toContain('project.new');
	await newProject(page);
	await expect(name).toHaveValue('');
});

test('each thing has its own draft', async ({ inside: page, camp }) => {
	await rename(page, camp.project);
	const kept = isKept(page, `project.${camp.project}`);
	await dialog(page).getByLabel('Name').fill('Harbour Festival 2028');
	await kept;
	await rename(page, camp.empty);
	await expect(dialog(page).getByLabel('Name')).toHaveValue('Winter market');
	await rename(page, camp.project);
	await expect(dialog(page).getByLabel('Name')).toHaveValue('Harbour Festival 2028');
	await dialog(page).getByRole('button', { name: 'Discard' }).click();
	await expect(dialog(page).getByLabel('Name')).toHaveValue('Harbour Festival 2027');
});

test('a page is filled in again after signing out and in, on another device too', async ({
	browser,
	camp,
}) => {
	const context = await browser.newContext({ baseURL: camp.address, locale: 'en-GB' });
	const page = await context.newPage();
	const signIn = async () => {
		await page.getByLabel('Email').fill(camp.email);
		await page.getByLabel('Password').fill(camp.password);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await expect(page.getByRole('heading', { level: 1 })).toContainText('Inès');
	};
	await page.goto('/sign-in');
	await signIn();
	await page.goto('/profile');
	await page.getByLabel('Your name').fill('Inès M. Moreau');
	await page.getByLabel('New password').fill('never to be kept anywhere');
	await page.getByRole('button', { name: /your account$/ }).click();
	await page.getByRole('menuitem', { name: 'Sign out' }).click();
	await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible();
	await context.close();

	const other = await browser.newContext({ baseURL: camp.address, locale: 'en-GB' });
	const elsewhere = await other.newPage();
	await elsewhere.goto('/sign-in');
	await elsewhere.getByLabel('Email').fill(camp.email);
	await elsewhere.getByLabel('Password').fill(camp.password);
	await elsewhere.getByRole('button', { name: 'Sign in' }).click();
	await expect(elsewhere.getByRole('heading', { level: 1 })).toContainText('Inès');
	await elsewhere.goto('/profile');
	await expect(elsewhere.getByLabel('Your name')).toHaveValue('Inès M. Moreau');
	await expect(elsewhere.getByLabel('New password')).toHaveValue('');
	const draft = await request<{ fields: object }>(elsewhere, 'GET', '/api/v1/drafts/profile');
	expect(JSON.stringify(draft)).not.toContain('never to be kept');
	await elsewhere.getByRole('button', { name: 'Discard' }).click();
	await expect(elsewhere.getByLabel('Your name')).toHaveValue('Inès Moreau');
	await other.close();
});

test('what is typed without a connection is taken to the program when it is back', async ({
	inside: page,
}) => {
	await page.goto('/people');
	await page.getByRole('button', { name: 'Invite someone' }).click();
	await page.context().setOffline(true);
	await dialog(page).getByLabel('Email').fill('noor@port.example');
	await dialog(page).getByLabel('Their language').selectOption('fr');
	await expect(page.getByText('You are offline.')).toBeVisible();
	const kept = isKept(page, 'invitation');
	await page.context().setOffline(false);
	await kept;
	await page.reload();
	await page.getByRole('button', { name: 'Invite someone' }).click();
	await expect(dialog(page).getByLabel('Email')).toHaveValue('noor@port.example');
	await expect(dialog(page).getByLabel('Their language')).toHaveValue('fr');
	await dialog(page).getByRole('button', { name: 'Discard' }).click();
});
