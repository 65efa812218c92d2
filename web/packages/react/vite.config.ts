import { copyFile } from 'node:fs/promises';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** The stylesheet is shipped as it is written: no component imports it, so that a page may bring its own. */
const stylesheet = {
  name: 'stylesheet',
  async closeBundle() {
    await copyFile(new URL('src/styles.css', import.meta.url), new URL('dist/styles.css', import.meta.url));
  },
};

export default defineConfig({
  plugins: [react(), stylesheet],
  build: {
    lib: { entry: 'src/index.ts', formats: ['es'], fileName: 'index' },
    minify: false,
    sourcemap: true,
    target: 'es2022',
    rollupOptions: { external: ['react', 'react-dom', 'react/jsx-runtime', 'openapi-fetch'] },
  },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Only tests that draw something need a document; they say so themselves.
    environment: 'node',
    setupFiles: 'test/setup.ts',
    // What is written of a moment does not depend on where the tests run.
    env: { TZ: 'UTC' },
    // As long as a machine that is busy with other things may need: what hangs is ended, what is slow is not.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
