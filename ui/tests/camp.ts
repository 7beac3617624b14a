/**
 * A group that is already there: its account, its projects and files, made once through the API and
 * shared by the tests that look at one thing only.
 */
import { test as playwright, type Browser, type BrowserContext, type Page } from '@playwright/test';

const base = process.env.PALISADE_URL ?? 'http://palisade.localhost:8080';

export interface Camp {
	/** The account's own address. */
	readonly address: string;
	readonly title: string;
	readonly email: string;
	readonly password: string;
	/** Where its owner is signed in. */
	readonly state: Awaited<ReturnType<BrowserContext['storageState']>>;
	/** The project with something of everything in it. */
	readonly project: string;
	/** A project without a file. */
	readonly empty: string;
	readonly folder: string;
	/** A file with two versions. */
	readonly file: string;
	/** The link of an invitation that nobody has followed yet. */
	readonly invitation: string;
}

/** Asks the API from inside a page, as its own scripts do. */
export function request<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
	return page.evaluate(
		async ([asked, address, sent]) => {
			const answer = await fetch(address, {
				method: asked,
				headers: {
					'Content-Type': 'application/json',
					'Idempotency-Key': crypto.getRandomValues(new Uint32Array(4)).join('-'),
				},
				...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
			});
			const text = await answer.text();
			if (!answer.ok) throw new Error(`${asked} ${address}: ${answer.status} ${text}`);
			return (text === '' ? null : JSON.parse(text)) as never;
		},
		[method, path, body] as const,
	);
}

/** Puts a small file into a project. */
export async function upload(
	page: Page,
	project: string,
	name: string,
	{ parent, text = name, version = false }: { parent?: string; text?: string; version?: boolean } = {},
): Promise<{ id: string; revision: number }> {
	const query = new URLSearchParams({ name, ...(parent ? { parent } : {}) });
	if (version) query.set('on_conflict', 'version');
	return page.evaluate(
		async ([address, body]) => {
			const answer = await fetch(address, { method: 'POST', body });
			if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
			return (await answer.json()) as never;
		},
		[`/api/v1/projects/${project}/files?${query}`, text] as const,
	);
}

async function pitch(browser: Browser, worker: number): Promise<Camp> {
	const context = await browser.newContext({ baseURL: base, locale: 'en-GB' });
	const page = await context.newPage();
	const name = `camp-${worker}-${Date.now().toString(36)}`;
	const [title, email, password] = ['Mirabel', 'ines@mirabel.example', 'four unrelated words make one'];

	await page.goto(base);
	const { address, ticket } = await request<{ address: string; ticket: string }>(
		page,
		'POST',
		'/api/v1/accounts',
		{
			name,
			title,
			owner: { name: 'Inès Moreau', email, password, language: 'en', time_zone: 'Europe/Paris' },
		},
	);
	await page.goto(`${address}/welcome#${ticket}`);
	await page.getByRole('heading', { level: 1, name: /Inès/ }).waitFor();

	const create = (called: string, dye: string) =>
		request<{ id: string; revision: number }>(page, 'POST', '/api/v1/projects', { name: called, dye });
	const { id: project } = await create('Harbour Festival 2027', 'lake');
	const { id: empty } = await create('Winter market', 'moss');
	const old = await create('Harbour Festival 2025', 'slate');
	await page.evaluate(
		([id, revision]) =>
			fetch(`/api/v1/projects/${id}/archive`, { method: 'PUT', headers: { 'If-Match': `"${revision}"` } }),
		[old.id, old.revision] as const,
	);
	const inFolder = { parent: null, name: 'East quay' };
	const folder = await request<{ id: string }>(page, 'POST', `/api/v1/projects/${project}/folders`, inFolder);
	const { id: file } = await upload(page, project, 'Stage plan, east quay.pdf');
	await upload(page, project, 'Stage plan, east quay.pdf', { text: 'a later plan', version: true });
	await upload(page, project, 'عربي — reply.docx');
	await upload(page, project, `🏕 ${'a very long name that goes on '.repeat(7)}.jpg`);
	await upload(page, project, 'W'.repeat(120));
	await upload(page, project, 'Quay levels.dwg', { parent: folder.id });
	const gone = await upload(page, project, 'Draft letter.docx');
	await page.evaluate(
		([id, revision]) =>
			fetch(`/api/v1/files/${id}`, { method: 'DELETE', headers: { 'If-Match': `"${revision}"` } }),
		[gone.id, gone.revision] as const,
	);
	const { link } = await request<{ link: string }>(page, 'POST', '/api/v1/invitations', {
		email: 'camille@port.example',
		role: 'guest',
		projects: [project],
	});
	await request(page, 'POST', '/api/v1/app-passwords', { label: 'Laptop' });

	const state = await context.storageState();
	await context.close();
	return {
		address,
		title,
		email,
		password,
		state,
		project,
		empty,
		folder: folder.id,
		file,
		invitation: link,
	};
}

/** `camp` is there once for all tests; `inside` is a page on which its owner is signed in. */
export const test = playwright.extend<{ inside: Page }, { camp: Camp }>({
	camp: [
		async ({ browser }, use, { workerIndex }) => {
			await use(await pitch(browser, workerIndex));
		},
		{ scope: 'worker' },
	],
	inside: async ({ browser, camp }, use) => {
		const context = await browser.newContext({
			baseURL: camp.address,
			storageState: camp.state,
			locale: 'en-GB',
			timezoneId: 'Europe/Paris',
			viewport: { width: 1440, height: 900 },
			reducedMotion: 'reduce',
		});
		await use(await context.newPage());
		await context.close();
	},
});

export { base };
