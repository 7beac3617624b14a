// Opens a page with an empty cache, and says what a browser fetched for it: bytes as they travelled, requests, and when the
// largest thing on it was painted. Run in ui/, whose packages it uses: node ../bench/page.mjs URL
import { createRequire } from 'node:module';

const { chromium } = createRequire(`${process.cwd()}/`)('@playwright/test');
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function visit() {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB' });
	const page = await context.newPage();
	const finished = [];
	page.on('requestfinished', (request) => finished.push(request));
	await page.goto(process.argv[2], { waitUntil: 'networkidle' });
	const largestPaint = await page.evaluate(
		() =>
			new Promise((resolve) => {
				new PerformanceObserver((list) => resolve(list.getEntries().at(-1).startTime / 1000)).observe({
					type: 'largest-contentful-paint',
					buffered: true,
				});
			}),
	);
	const seen = [];
	for (const request of finished) {
		const sizes = await request.sizes();
		seen.push({ url: request.url(), bytes: sizes.responseBodySize + sizes.responseHeadersSize });
	}
	await context.close();
	return { largestPaint, seen };
}

try {
	await visit(); // the browser itself has to wake up
	const { largestPaint, seen } = await visit();
	for (const { url, bytes } of seen) console.error(bytes, url);
	const bytes = seen.reduce((sum, one) => sum + one.bytes, 0);
	console.log(JSON.stringify({ bytes, requests: seen.length, largestPaint }));
} finally {
	await browser.close();
}
