import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin } from 'vite';

/**
 * SvelteKit hides its route announcer with a `style` attribute, which the Content-Security-Policy
 * refuses. The class does the same from the style sheet.
 */
function announcerByClass(): Plugin {
	return {
		name: 'palisade:announcer-by-class',
		enforce: 'pre',
		transform(code, id) {
			if (!/generated\/root\.svelte$/.test(id)) return null;
			const changed = code.replace(/(id="svelte-announcer"[^>]*?) style="[^"]*"/, '$1 class="vh"');
			if (changed === code) this.error('the route announcer of SvelteKit has changed its shape');
			return { code: changed, map: null };
		},
	};
}

/**
 * Few files instead of a hundred: what every page needs, and what only the inside of an account needs.
 * Each page stays a small file of its own.
 */
const BASE_PACKAGES = ['svelte', '@sveltejs', 'openapi-fetch', '@lucide'].map(
	(name) => `node_modules/${name}/`,
);
const BASE_FOLDERS = ['api', 'language', 'state', 'design', 'door', 'paraglide'].map(
	(name) => `src/lib/${name}/`,
);
const BASE = [
	...BASE_PACKAGES,
	...BASE_FOLDERS,
	'src/routes/+layout',
	'src/routes/(door)/+layout',
	'generated/root',
];
const INSIDE_FOLDERS = ['frame', 'files', 'uploads', 'journal', 'people', 'projects'];
const INSIDE = ['node_modules/', ...INSIDE_FOLDERS.map((name) => `src/lib/${name}/`)];
const CHUNKS = [
	{ name: 'base', test: (id: string) => BASE.some((part) => id.includes(part)), priority: 2 },
	{ name: 'inside', test: (id: string) => INSIDE.some((part) => id.includes(part)), priority: 1 },
];

function fewChunks(): Plugin {
	return {
		name: 'palisade:few-chunks',
		config: {
			order: 'post',
			// SvelteKit builds twice; only what the browser gets is cut this way.
			handler: ({ build }) =>
				build?.ssr ? null : { build: { rolldownOptions: { output: { codeSplitting: { groups: CHUNKS } } } } },
		},
	};
}

export default defineConfig({
	plugins: [
		announcerByClass(),
		paraglideVitePlugin({
			project: './project.inlang',
			outdir: './src/lib/paraglide',
			strategy: ['globalVariable', 'baseLocale'],
			emitTsDeclarations: false,
		}),
		sveltekit(),
		fewChunks(),
	],
	build: {
		// A small font as a `data:` address would be refused by `font-src 'self'`.
		assetsInlineLimit: 0,
	},
	server: {
		// `PALISADE_URL=http://palisade.localhost:8080 npm run dev` shows the pages over a running node.
		proxy: process.env.PALISADE_URL ? { '/api': { target: process.env.PALISADE_URL } } : {},
	},
});
