import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
	{
		ignores: [
			'build/',
			'.svelte-kit/',
			'node_modules/',
			'src/lib/paraglide/',
			'src/lib/api/schema.d.ts',
			'test-results/',
		],
	},
	js.configs.recommended,
	...ts.configs.strict,
	...svelte.configs.recommended,
	{
		languageOptions: { globals: { ...globals.browser, ...globals.node } },
		rules: {
			// TypeScript knows better which names exist.
			'no-undef': 'off',
			eqeqeq: 'error',
			'no-console': 'error',
			'@typescript-eslint/consistent-type-imports': 'error',
			// Every path stands at the root of its host, so there is no base to resolve.
			'svelte/no-navigation-without-resolve': 'off',
			'svelte/no-at-html-tags': 'error',
			// A `style` attribute would be refused by the Content-Security-Policy; `style:name` goes through CSSOM.
			'no-restricted-syntax': [
				'error',
				{ selector: 'SvelteAttribute[key.name="style"]', message: 'Use a class or a `style:` directive.' },
			],
			// Plain maps and sets are plain on purpose: what the pages watch is declared with runes.
			'svelte/prefer-svelte-reactivity': 'off',
			'max-lines': ['error', { max: 400, skipBlankLines: true }],
		},
	},
	{
		files: ['**/*.svelte', '**/*.svelte.ts'],
		languageOptions: {
			parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig },
		},
	},
	{
		// A component does one thing: what is longer does two, and has a seam.
		files: ['src/**/*.svelte'],
		rules: {
			'max-lines': ['error', 200],
			'no-restricted-globals': [
				'error',
				{ name: 'fetch', message: 'What is asked of the program is asked in src/lib/api.' },
			],
		},
	},
	{
		// These are on their way there; the gallery is a list of everything, and as long as that.
		files: [
			'src/lib/dev/Gallery.svelte',
			'src/lib/files/FolderList.svelte',
			'src/lib/files/ListTools.svelte',
			'src/routes/**/files/[[]*/+page.svelte',
		],
		rules: { 'max-lines': ['error', 400] },
	},
	{ files: ['tests/**', 'lighthouse/**'], rules: { 'no-console': 'off' } },
);
