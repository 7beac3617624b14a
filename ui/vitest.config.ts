import { defineConfig } from 'vitest/config';

/** The pure parts only: no page, no plug-in, nothing to start and nothing that hangs. */
export default defineConfig({
	resolve: { alias: { $lib: new URL('src/lib', import.meta.url).pathname } },
	test: { include: ['src/**/*.test.ts'] },
});
