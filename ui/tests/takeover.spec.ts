/**
 * A site is lost while somebody works: its node and its database are killed, the other database takes over and the other
 * node is reached. The tab goes on, and nobody signs in again.
 */
import { expect, test, type Page } from '@playwright/test';
import { request } from './camp';
import { picture } from './pictures';
import { Places } from './places';

const WORDS = {
	en: {
		reconnecting: 'Reconnecting…',
		// What one was typing is kept as well, and may wait too.
		waits: /connection is back: \d changes?\./,
		folder: 'New folder',
		name: 'Name',
		create: 'Create the folder',
		risk: 'What you do is kept at one place for now.',
		saved: '1 file saved',
	},
	fr: {
		reconnecting: 'Reconnexion…',
		waits: /\d modifications?\./,
		folder: 'Nouveau dossier',
		name: 'Nom',
		create: 'Créer le dossier',
		risk: 'Ce que vous faites n’est conservé qu’en un seul lieu pour l’instant.',
		saved: '1 fichier enregistré',
	},
};

const MIB = 2 ** 20;

async function signUp(page: Page, places: Places, language: 'en' | 'fr'): Promise<string> {
	await page.goto(places.address);
	const { address, ticket } = await request<{ address: string; ticket: string }>(
		page,
		'POST',
		'/api/v1/accounts',
		{
			name: `harbour-${language}`,
			title: 'Harbour',
			owner: {
				name: 'Inès Moreau',
				email: 'ines@harbour.example',
				password: 'four unrelated words make one',
				language,
				time_zone: 'Europe/Paris',
			},
		},
	);
	await page.goto(`${address}/welcome#${ticket}`);
	await page.getByRole('heading', { level: 1, name: /Inès/ }).waitFor();
	const { id } = await request<{ id: string }>(page, 'POST', '/api/v1/projects', {
		name: 'Quay',
		dye: 'lake',
	});
	await page.goto(`${address}/projects/${id}/files`);
	return id;
}

for (const { language, silently } of [
	{ language: 'en', silently: false },
	{ language: 'fr', silently: true },
] as const) {
	const words = WORDS[language];
	test(`a tab goes on where a site is lost ${silently ? 'without a word' : 'with a reset'} (${language})`, async ({
		browser,
	}) => {
		const places = await Places.start();
		const context = await browser.newContext({ locale: language === 'en' ? 'en-GB' : 'fr-FR' });
		try {
			const page = await context.newPage();
			const project = await signUp(page, places, language);
			const network = await context.newCDPSession(page);
			await network.send('Network.enable');
			await network.send('Network.emulateNetworkConditions', {
				offline: false,
				latency: 0,
				downloadThroughput: -1,
				uploadThroughput: 3 * MIB,
			});
			const bytes = Buffer.alloc(24 * MIB);
			for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(at, at);
			await page
				.locator('[data-chooser="files"]')
				.setInputFiles({ name: 'Film.mov', mimeType: 'video/quicktime', buffer: bytes });
			await expect(page.getByText('/s').first()).toBeVisible();
			await page.getByRole('button', { name: words.folder }).click();
			await page.getByRole('dialog').getByLabel(words.name).fill('Made meanwhile');

			await places.lose(silently);
			await page.getByRole('button', { name: words.create }).click();
			await expect(page.getByText(words.reconnecting)).toBeVisible({ timeout: 90_000 });
			await expect(page.getByText(words.waits)).toBeVisible();
			await picture(page, `takeover-reconnecting-${language}`, 'wide', 'light');
			await picture(page, `takeover-reconnecting-${language}`, 'phone', 'dark');

			await network.send('Network.emulateNetworkConditions', {
				offline: false,
				latency: 0,
				downloadThroughput: -1,
				uploadThroughput: -1,
			});
			await places.takeOver();
			await expect(page.getByRole('link', { name: 'Made meanwhile' })).toBeVisible({ timeout: 60_000 });
			await expect(page.getByText(words.reconnecting)).toBeHidden();
			await expect(page.getByText(words.risk)).toBeVisible();
			await picture(page, `takeover-over-${language}`, 'wide', 'light');
			await expect(page.getByText(words.saved)).toBeVisible({ timeout: 60_000 });
			expect(page.url()).toContain(`/projects/${project}/files`);

			const { items } = await request<{ items: { id: string; name: string; size: number | null }[] }>(
				page,
				'GET',
				`/api/v1/projects/${project}/files`,
			);
			expect(items.map(({ name }) => name).sort()).toEqual(['Film.mov', 'Made meanwhile']);
			const wrong = await page.evaluate(
				async (id) => {
					const answer = await fetch(`/api/v1/files/${id}/content`);
					const view = new DataView(await answer.arrayBuffer());
					for (let at = 0; at < view.byteLength; at += 4) if (view.getUint32(at) !== at) return at;
					return view.byteLength;
				},
				items.find(({ name }) => name === 'Film.mov')?.id,
			);
			expect(wrong).toBe(bytes.length);
		} finally {
			await context.close();
			await places.end();
		}
	});
}
