/**
 * What Lighthouse says of the front page, the door, home and files: on a desk and on a telephone with a slow
 * network. Fails where a page has less than it must. `make lighthouse` starts the program for it.
 *
 * A folder of its own, since Lighthouse brings 185 MB that nobody needs who only builds the pages.
 */
import { chromium } from '@playwright/test';
import lighthouse, { desktopConfig } from 'lighthouse';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const base = process.env.PALISADE_URL ?? 'http://palisade.localhost:8080';
const CATEGORIES = ['performance', 'accessibility', 'best-practices'];
const LEAST = 95;
/**
 * A telephone is imitated by a processor of a quarter of the speed: on two busy cores its performance says as
 * much of this machine as of the page, and only a fall is worth a failure.
 */
const DEVICES = {
	telephone: { config: undefined, performance: 75 },
	desk: { config: desktopConfig, performance: LEAST },
};

const profile = mkdtempSync(join(tmpdir(), 'palisade-lighthouse-'));
const port = await freePort();
const browser = await chromium.launchPersistentContext(profile, {
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	args: [
		`--remote-debugging-port=${port}`,
		'--no-sandbox',
		'--disable-gpu',
		'--no-first-run',
		'--disable-background-networking',
		'--disable-component-update',
		'--disable-sync',
	],
});

let low = 0;
try {
	const group = await open(await browser.newPage());
	const pages = [
		['front page', base],
		['sign in', `${group.address}/sign-in`],
		['home', group.address],
		['files', `${group.address}/projects/${group.project}/files`],
	];
	for (const device of Object.keys(DEVICES))
		for (const [name, address] of pages) low += await measure(name, address, device);
} finally {
	await browser.close();
	rmSync(profile, { recursive: true, force: true });
}
if (low > 0) throw new Error(`${low} figures are too low`);

/** One page on one device; answers how many figures are too low. */
async function measure(name, address, device) {
	const { config, performance } = DEVICES[device];
	const options = {
		port,
		logLevel: 'error',
		onlyCategories: CATEGORIES,
		// Whoever is signed in stays so.
		disableStorageReset: true,
	};
	const { lhr } = await lighthouse(address, options, config);
	const scores = CATEGORIES.map((id) => [id, Math.round((lhr.categories[id]?.score ?? 0) * 100)]);
	const lcp = Math.round(lhr.audits['largest-contentful-paint']?.numericValue ?? 0);
	const said = scores.map(([id, score]) => `${id} ${score}`).join(', ');
	console.log(JSON.stringify(Object.fromEntries(["first-contentful-paint","largest-contentful-paint","speed-index","total-blocking-time","cumulative-layout-shift","interactive"].map(k=>[k,Math.round((lhr.audits[k]?.numericValue??0)*100)/100])))); if(process.env.OUT) writeFileSync(process.env.OUT+"-"+device+"-"+name.replace(" ","")+".json", JSON.stringify(lhr)); console.log(`${device.padEnd(10)} ${name.padEnd(11)} ${said}, LCP ${lcp} ms`);
	const bad = scores.filter(([id, score]) => score < (id === 'performance' ? performance : LEAST));
	for (const [id] of bad)
		for (const { id: audit } of lhr.categories[id]?.auditRefs ?? []) {
			const { score, title, displayValue = '' } = lhr.audits[audit] ?? {};
			if (typeof score === 'number' && score < 0.9) console.log(`    ${audit}: ${title} ${displayValue}`);
		}
	return bad.length;
}

/** A group with a project and forty files, whose owner is signed in in this browser. */
async function open(page) {
	const ask = (method, path, body, type = 'application/json') =>
		page.evaluate(
			async ([asked, address, sent, kind]) => {
				const answer = await fetch(address, {
					method: asked,
					body: kind === 'application/json' ? JSON.stringify(sent) : sent,
					headers: { 'Content-Type': kind },
				});
				if (!answer.ok) throw new Error(`${asked} ${address}: ${answer.status} ${await answer.text()}`);
				return answer.json();
			},
			[method, path, body, type],
		);
	await page.goto(base);
	const { address, ticket } = await ask('POST', '/api/v1/accounts', {
		name: `light-${Date.now().toString(36)}`,
		title: 'Mirabel',
		owner: {
			name: 'Inès Moreau',
			email: 'ines@mirabel.example',
			password: 'four unrelated words make one',
			language: 'en',
			time_zone: 'Europe/Paris',
		},
	});
	await page.goto(`${address}/welcome#${ticket}`);
	await page.getByRole('heading', { level: 1, name: /Inès/ }).waitFor();
	const { id: project } = await ask('POST', '/api/v1/projects', { name: 'Harbour Festival 2027' });
	for (let n = 0; n < 40; n += 1)
		await ask(
			'POST',
			`/api/v1/projects/${project}/files?name=Stage plan ${n}.pdf`,
			'x',
			'application/octet-stream',
		);
	await page.close();
	return { address, project };
}

function freePort() {
	return new Promise((fulfil) => {
		const server = createServer().listen(0, '127.0.0.1', () => {
			const { port: free } = server.address();
			server.close(() => fulfil(free));
		});
	});
}
