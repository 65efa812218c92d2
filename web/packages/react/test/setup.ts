// What holds in every file of tests, here and in the dashboard.

/** How long `findBy…` and `waitFor` wait, in milliseconds: not what is quick, but what has not hung. */
const PATIENCE_MS = 30_000;

// Only tests that draw something wait for what is drawn.
if (typeof document !== 'undefined') {
  const { configure } = await import('@testing-library/react');
  configure({ asyncUtilTimeout: PATIENCE_MS });
}

export {};
