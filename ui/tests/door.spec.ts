/** What a browser fetches before one is inside, and the way in. */
import { expect, type Page, type Request } from '@playwright/test';
import { base, test } from './camp';

const MOST_REQUESTS = 6;
const MOST_BYTES = 100_000;

async function fetched(page: Page, address: string): Promise<{ requests: number; bytes: number }> {
	const finished: Request[] = [];
	page.on('requestfinished', (request) => finished.push(request));
	await page.goto(address, { waitUntil: 'networkidle' });
	await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
	const sizes = await Promise.all(finished.map((request) => request.sizes()));
	const bytes = sizes.reduce((sum, size) => sum + size.responseBodySize, 0);
	return { requests: finished.length, bytes };
}

test('the first page is a few small files', async ({ browser, camp }) => {
	for (const address of [base, camp.address]) {
		// With gzip, which is more than with brotli.
		const context = await browser.newContext({
			locale: 'fr-FR',
			extraHTTPHeaders: { 'Accept-Encoding': 'gzip' },
		});
		const { requests, bytes } = await fetched(await context.newPage(), address);
		console.log(`${address}: ${requests} requests, ${bytes} bytes`);
		expect(requests).toBeLessThanOrEqual(MOST_REQUESTS);
		expect(bytes).toBeLessThanOrEqual(MOST_BYTES);
		await context.close();
	}
});

test('a link to the inside leads through the door', async ({ browser, camp }) => {
	const context = await browser.newContext({ locale: 'en-GB' });
	const page = await context.newPage();
	const place = `/projects/${camp.project}/files?from=a+letter`;
	await page.goto(camp.address + place);
	await page.getByLabel('Email').fill(camp.email);
	await page.getByLabel('Password').fill(camp.password);
	await page.getByRole('button', { name: 'Sign in' }).click();
	await expect(page.getByRole('heading', { level: 1 })).toHaveText('Files');
	expect(page.url()).toBe(camp.address + place);
	await context.close();
});

test('letters that the first page has no use for come where they are written', async ({ browser, camp }) => {
	const context = await browser.newContext({ locale: 'en-GB' });
	const page = await context.newPage();
	const fonts: string[] = [];
	page.on('request', (request) => {
		const [, name] = /\/([\w-]+)\.[\w-]+\.woff2$/.exec(request.url()) ?? [];
		if (name !== undefined) fonts.push(name);
	});
	await page.goto(`${camp.address}/sign-in`, { waitUntil: 'networkidle' });
	expect(fonts.sort()).toEqual(['inter-core', 'national-park-core']);
	await page.getByLabel('Email').fill('Inès « Œuvre » — Jürgen Groß, Año, 12 €…');
	await page.waitForLoadState('networkidle');
	expect(fonts).toHaveLength(2);
	const more = page.waitForRequest(/inter-latin-ext/);
	await page.getByLabel('Email').fill('Michał');
	await more;
	await context.close();
});
