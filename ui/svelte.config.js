import adapter from '@sveltejs/adapter-static';

/** @type {import('@sveltejs/kit').Config} */
export default {
	compilerOptions: { runes: true },
	kit: {
		// One shell for every address: the program answers with it wherever it has no file, and puts
		// the hashes of its inline scripts into the Content-Security-Policy.
		// Beside each text stands what gzip and brotli make of it, so that the program compresses nothing.
		adapter: adapter({
			pages: 'build',
			assets: 'build',
			fallback: 'index.html',
			strict: true,
			precompress: true,
		}),
		appDir: 'assets',
		paths: { relative: false },
		// One script and one style sheet to begin with; `vite.config.ts` cuts the inside off again.
		output: { bundleStrategy: 'single' },
		version: { name: 'palisade', pollInterval: 0 },
	},
};
