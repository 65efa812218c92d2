import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: { '@project-sync/react': fileURLToPath(new URL('../packages/react/src/index.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    globalSetup: 'harness/setup.ts',
    // One browser and one service at a time: what is measured is not who gets the processor.
    fileParallelism: false,
    // On a machine that is busy otherwise everything takes long; only what hangs is ended.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
  },
});
