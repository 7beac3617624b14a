import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin, type Rolldown } from 'vite';
import { fonts } from './fonts.ts';
import { icons } from './icons.ts';
import { stills } from './stills.ts';

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

type Graph = Rolldown.ChunkingContext;

/** The ways into the program, and the pages at which most people arrive. */
const START =
	/\/(client\/(bundle|entry)\.js|client-optimized\/app\.js|src\/hooks\.client\.ts)$|^\0rolldown\//;
const FIRST_PAGES = /\/src\/routes\/(\(front\)\/|\(door\)\/(\+|sign-in\/)|\+)/;
const DOOR_PAGES = /\/src\/routes\/\(door\)\//;
const PAGE = /\/src\/routes\/|\/client-optimized\/nodes\//;

/** Whether a module is such a page: a page stands in a module of SvelteKit's that imports it. */
const stands = (id: string, pages: RegExp, graph: Graph): boolean =>
	[id, ...(graph.getModuleInfo(id)?.importedIds ?? [])].some((one) => pages.test(one));

/**
 * Three files instead of a hundred: `door` is what the shell starts, with all that it takes to sign in;
 * `lobby` are the other pages before one is inside; `inside` is what the pages of an account share. Each of
 * those stays a small file of its own. A group takes along what its modules use, and nothing else: not the
 * words and icons of the inside.
 */
const CHUNKS: Rolldown.CodeSplittingGroup[] = [
	{
		name: (id, graph) => (START.test(id) || stands(id, FIRST_PAGES, graph) ? 'door' : null),
		priority: 3,
	},
	{ name: (id, graph) => (stands(id, DOOR_PAGES, graph) ? 'lobby' : null), priority: 2 },
	{
		name: (id, graph) => (PAGE.test(id) || comesLater(id, graph) ? null : 'inside'),
		priority: 1,
	},
];

/** Whether a module comes only when a page asks for it by `import()`: what sends large files, say. */
function comesLater(id: string, graph: Graph, seen = new Set<string>()): boolean {
	const info = graph.getModuleInfo(id);
	if (!info || info.isEntry || PAGE.test(id)) return false;
	if (seen.has(id)) return true;
	seen.add(id);
	return info.importers.length === 0
		? info.dynamicImporters.length > 0
		: info.importers.every((one) => comesLater(one, graph, seen));
}

function fewChunks(): Plugin {
	return {
		name: 'palisade:few-chunks',
		config: {
			order: 'post',
			// SvelteKit builds twice; only what the browser gets is cut this way.
			handler: ({ build }) =>
				build?.ssr
					? null
					: {
							build: {
								rolldownOptions: {
									// The entry may export what the inside uses of the door, so that it is the door itself.
									preserveEntrySignatures: 'allow-extension',
									output: { codeSplitting: { groups: CHUNKS } },
								},
							},
						},
		},
		generateBundle(_, bundle) {
			if (this.environment.config.build.ssr) return;
			for (const chunk of Object.values(bundle))
				if (chunk.type === 'chunk' && chunk.isEntry && chunk.imports.length > 0)
					this.error(`the first page needs more than one script: ${chunk.imports.join(', ')}`);
		},
	};
}

export default defineConfig({
	plugins: [
		announcerByClass(),
		fonts(),
		icons(),
		stills(),
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
