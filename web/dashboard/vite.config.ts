import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`../packages/react/src/${path}`, import.meta.url));

export default defineConfig({
  plugins: [react()],
  resolve: {
    // From its source, so that one build makes both and types break here as soon as they break there.
    alias: {
      '@project-sync/react/styles.css': source('styles.css'),
      '@project-sync/react': source('index.ts'),
    },
    dedupe: ['react', 'react-dom'],
  },
  build: { target: 'es2022', assetsInlineLimit: 0 },
  server: {
    proxy: { '/api': 'http://127.0.0.1:8080', '/docs': 'http://127.0.0.1:8080' },
  },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    environment: 'node',
    // The rest is as with the package (packages/react/vite.config.ts).
    setupFiles: fileURLToPath(new URL('../packages/react/test/setup.ts', import.meta.url)),
    env: { TZ: 'UTC' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
