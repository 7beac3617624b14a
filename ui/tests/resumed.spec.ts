/** A large file on its way: stopped by its person, by the network, by a reload; it goes on where it was. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type CDPSession, type Page } from '@playwright/test';
import { request, test } from './camp';
import { picture } from './pictures';

const MIB = 2 ** 20;
/** Bytes a second: slow enough to be stopped, fast enough for a test. */
const SLOW = 3 * MIB;

/** A file that is all different at a distance. */
function film(): { path: string; bytes: Buffer; remove: () => void } {
	const folder = mkdtempSync(join(tmpdir(), 'film-'));
	const bytes = Buffer.alloc(24 * MIB);
	for (let at = 0; at < bytes.length; at += 4) bytes.writeUInt32BE(at, at);
	const path = join(folder, 'Film.mov');
	writeFileSync(path, bytes);
	return {
		path,
		bytes,
		remove: () => {
			rmSync(folder, { recursive: true });
		},
	};
}

async function project(page: Page): Promise<string> {
	await page.goto('/help');
	const { id } = await request<{ id: string }>(page, 'POST', '/api/v1/projects', {
		name: `Films ${Date.now().toString(36)}`,
		dye: 'moss',
	});
	await page.goto(`/projects/${id}/files`);
	return id;
}

async function throttle(network: CDPSession, upload: number): Promise<void> {
	await network.send('Network.emulateNetworkConditions', {
		offline: false,
		latency: 0,
		downloadThroughput: -1,
		uploadThroughput: upload,
	});
}

/** How many bytes of uploads under way are at the program. */
async function received(page: Page, of: string): Promise<number> {
	const { items } = await request<{ items: { received: number }[] }>(
		page,
		'GET',
		`/api/v1/projects/${of}/uploads`,
	);
	return items.reduce((sum, upload) => sum + upload.received, 0);
}

/** The file as it comes back, compared without sending it through the test's own channel. */
async function comesBack(page: Page, of: string, bytes: Buffer): Promise<void> {
	const { items } = await request<{ items: { id: string; name: string; size: number }[] }>(
		page,
		'GET',
		`/api/v1/projects/${of}/files`,
	);
	expect(items.map(({ name, size }) => [name, size])).toEqual([['Film.mov', bytes.length]]);
	const wrong = await page.evaluate(async (id) => {
		const answer = await fetch(`/api/v1/files/${id}/content`);
		const view = new DataView(await answer.arrayBuffer());
		for (let at = 0; at < view.byteLength; at += 4) if (view.getUint32(at) !== at) return at;
		return null;
	}, items[0]?.id);
	expect(wrong).toBeNull();
}

test('a large file is paused, loses the network, and goes on', async ({ inside: page, context }) => {
	const { path, bytes, remove } = film();
	const network = await context.newCDPSession(page);
	await network.send('Network.enable');
	const here = await project(page);
	await throttle(network, SLOW);
	await page.locator('[data-chooser="files"]').setInputFiles(path);
	const row = page.getByRole('listitem').filter({ hasText: 'Film.mov' });
	await expect(row.getByText('/s')).toBeVisible();

	await row.getByRole('button', { name: 'Pause Film.mov' }).click();
	await expect(row.getByText(/^Paused at/)).toBeVisible();
	await expect.poll(() => received(page, here)).toBeGreaterThan(0);
	await picture(page, 'upload-paused', 'wide', 'light');
	await picture(page, 'upload-paused', 'phone', 'dark');
	const before = await received(page, here);
	// The network is gone when it shall go on.
	await page.route(/\/api\/v1\//, (route) => route.abort('connectionreset'));
	await row.getByRole('button', { name: 'Resume' }).click();
	await expect(row.getByText(/^The connection dropped\. Resuming in/)).toBeVisible();
	await picture(page, 'upload-resuming', 'wide', 'light');
	await picture(page, 'upload-resuming', 'phone', 'light');
	await page.unroute(/\/api\/v1\//);
	await throttle(network, -1);
	await expect(page.getByText('1 file saved')).toBeVisible({ timeout: 30_000 });
	expect(before).toBeGreaterThan(0);
	await comesBack(page, here, bytes);
	remove();
});

test('what a reload interrupted waits, and goes on when its file is chosen again', async ({
	inside: page,
	context,
}) => {
	const { path, bytes, remove } = film();
	const network = await context.newCDPSession(page);
	await network.send('Network.enable');
	const here = await project(page);
	await throttle(network, SLOW);
	await page.locator('[data-chooser="files"]').setInputFiles(path);
	await expect(page.getByText('/s').first()).toBeVisible();
	page.once('dialog', (dialog) => void dialog.accept());
	await page.reload();
	await throttle(network, -1);

	const waiting = page.getByRole('region', { name: 'Unfinished' });
	await expect(waiting.getByText(/are here\. Choose the file again/)).toBeVisible();
	await picture(page, 'upload-waiting', 'wide', 'light');
	await picture(page, 'upload-waiting', 'phone', 'dark');

	const other = join(path, '..', 'Other.mov');
	writeFileSync(other, 'x');
	const choose = async (file: string) => {
		const chooser = page.waitForEvent('filechooser');
		await waiting.getByRole('button', { name: 'Choose the file' }).click();
		await (await chooser).setFiles(file);
	};
	await choose(other);
	await expect(waiting.getByText(/That is another file/)).toBeVisible();
	await choose(path);
	await expect(page.getByText('1 file saved')).toBeVisible({ timeout: 30_000 });
	await expect(waiting).toBeHidden();
	await comesBack(page, here, bytes);
	remove();
});
