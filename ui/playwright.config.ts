import { defineConfig } from '@playwright/test';

/** Walks through a running program: `PALISADE_URL=http://palisade.localhost:8080 npm run walk`. */
export default defineConfig({
	testDir: 'tests',
	outputDir: process.env.RESULTS ?? 'test-results/run',
	timeout: 180_000,
	expect: { timeout: 15_000 },
	fullyParallel: false,
	workers: 1,
	reporter: [['list']],
	use: {
		baseURL: process.env.PALISADE_URL,
		viewport: { width: 1440, height: 900 },
		locale: 'en-GB',
		timezoneId: 'Europe/Paris',
		colorScheme: 'light',
		trace: 'retain-on-failure',
		launchOptions: {
			executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
			args: [
				'--no-sandbox',
				'--disable-gpu',
				'--disable-quic',
				'--no-first-run',
				'--disable-background-networking',
				'--disable-component-update',
				'--disable-sync',
			],
		},
	},
});
