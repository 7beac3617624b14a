/** Every page and state before one is inside, each with the way to it. Some go on from the one before. */
import { base } from './camp';
import { unwritten, written } from './policy';
import { heading, type State } from './states';

export const OUTSIDE: readonly State[] = [
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
		name: 'trust, of the installation',
		show: async (page) => {
			await page.goto(`${base}/trust`);
			await heading(page, /^What we promise/);
			await page.getByText('No other company is asked').waitFor();
		},
	},
	{
		name: 'privacy, of which nothing is written',
		show: async (page) => {
			await page.goto(`${base}/privacy`);
			await page.getByText('has not written a privacy policy').waitFor();
		},
	},
	{
		name: 'a privacy policy',
		show: async (page, camp) => {
			await written(page);
			await page.goto(`${camp.address}/privacy`);
			await heading(page, 'What we keep');
		},
	},
	{
		name: 'a privacy policy in another language',
		show: async (page) => {
			await page.getByRole('button', { name: 'Français' }).click();
			await page.getByText('Ce texte n’existe qu’en anglais.').waitFor();
		},
	},
	{
		name: 'an address without an account',
		show: async (page) => {
			await page.getByRole('button', { name: 'English' }).click();
			await unwritten(page);
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
