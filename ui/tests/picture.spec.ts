/** A person's picture: looked at before it is used, shown everywhere at once, and taken away with a way back. */
import { expect, type Page } from '@playwright/test';
import { deflateSync } from 'node:zlib';
import { test } from './camp';
import { pictures } from './pictures';

/** A PNG (ISO 15948): a face of two colours, wider than high. */
function png(width: number, height: number): Buffer {
	const rows = Buffer.alloc(height * (1 + width * 3));
	for (let y = 0; y < height; y += 1)
		for (let x = 0; x < width; x += 1) {
			const inside = Math.hypot(x - width / 2, y - height / 2) < height / 3;
			rows.set(inside ? [240, 135, 77] : [43, 101, 131], y * (1 + width * 3) + 1 + x * 3);
		}
	const head = Buffer.alloc(13);
	head.writeUInt32BE(width, 0);
	head.writeUInt32BE(height, 4);
	head.set([8, 2, 0, 0, 0], 8);
	const chunk = (kind: string, data: Buffer): Buffer => {
		const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
		const whole = Buffer.alloc(body.length + 8);
		whole.writeUInt32BE(data.length, 0);
		body.copy(whole, 4);
		whole.writeUInt32BE(crc(body), body.length + 4);
		return whole;
	};
	const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
	const chunks = [chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))];
	return Buffer.concat([signature, ...chunks]);
}

function crc(bytes: Buffer): number {
	let sum = ~0;
	for (const byte of bytes) {
		sum ^= byte;
		for (let i = 0; i < 8; i += 1) sum = sum & 1 ? (sum >>> 1) ^ 0xedb88320 : sum >>> 1;
	}
	return ~sum >>> 0;
}

/** How many pictures are shown whole on the page. */
const shown = (page: Page) =>
	page.evaluate(
		() =>
			[...document.querySelectorAll<HTMLImageElement>('img')].filter(
				(img) => img.complete && img.naturalWidth === 256 && img.src.includes('/picture?v='),
			).length,
	);

test('a picture is chosen, looked at, used and taken away', async ({ inside: page }) => {
	await page.goto('/profile');
	const section = page.getByRole('region', { name: 'Your picture' });
	const choose = section.locator('input[type=file]');
	await choose.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('x') });
	await expect(section.getByRole('alert')).toHaveText('A picture is a PNG, a JPEG or a WebP.');
	await choose.setInputFiles({
		name: 'big.png',
		mimeType: 'image/png',
		buffer: Buffer.alloc(5 * 2 ** 20 + 1),
	});
	await expect(section.getByRole('alert')).toContainText('larger than 5 MB');
	await choose.setInputFiles({
		name: 'torn.png',
		mimeType: 'image/png',
		buffer: png(40, 30).subarray(0, 60),
	});
	await section.getByRole('button', { name: 'Use this picture' }).click();
	await expect(section.getByRole('alert')).toContainText('cannot be read');
	await section.getByRole('button', { name: 'Cancel' }).click();

	await choose.setInputFiles({ name: 'me.png', mimeType: 'image/png', buffer: png(600, 400) });
	await expect(section.getByText('This is how it will look')).toBeVisible();
	await pictures(page, 'picture-preview');
	await section.getByRole('button', { name: 'Use this picture' }).click();
	await expect(page.getByText('The picture is saved')).toBeVisible();
	await expect.poll(() => shown(page)).toBe(3);
	await pictures(page, 'picture');
	for (const path of ['/people', '/journal', '/']) {
		await page.goto(path);
		await expect.poll(() => shown(page)).toBeGreaterThanOrEqual(2);
	}
	await pictures(page, 'home-with-picture');

	await page.goto('/profile');
	await section.getByRole('button', { name: 'Remove the picture' }).click();
	await expect(page.getByText('The picture is removed')).toBeVisible();
	await expect.poll(() => shown(page)).toBe(0);
	await page.getByRole('button', { name: 'Undo' }).click();
	await expect.poll(() => shown(page)).toBe(3);
	await section.getByRole('button', { name: 'Remove the picture' }).click();
	await expect.poll(() => shown(page)).toBe(0);
});

test('a picture is dropped where the others lie', async ({ inside: page }) => {
	await page.goto('/profile');
	const section = page.getByRole('region', { name: 'Your picture' });
	const data = await page.evaluateHandle(
		(bytes) => {
			const transfer = new DataTransfer();
			transfer.items.add(new File([new Uint8Array(bytes)], 'me.png', { type: 'image/png' }));
			return transfer;
		},
		[...png(60, 60)],
	);
	await section.dispatchEvent('dragenter', { dataTransfer: data });
	await section.dispatchEvent('drop', { dataTransfer: data });
	await expect(section.getByRole('button', { name: 'Use this picture' })).toBeVisible();
});
