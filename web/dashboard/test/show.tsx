// The whole dashboard at a path, as a browser would have it.
import { focusManager, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import { queries as defaults } from '../src/api.js';
import { App } from '../src/app.js';

export const at = '2026-01-02T03:00:00Z';

/** A project as the API tells it. */
export const project = (id: string, name: string) => ({ id, name, source: { kind: 'git', url: `/srv/${name}` }, createdAt: at, defaultBranch: 'main', branches: [], counts: { files: 0, memory: 0 } });

export function show(path: string) {
  window.history.replaceState(null, '', path);
  // Nothing is asked again only because time went by: what is asked follows from what a test does.
  focusManager.setFocused(false);
  // As it is, but that nothing is tried twice.
  const queries = new QueryClient({ defaultOptions: { queries: { ...defaults.getDefaultOptions().queries, retry: false } } });
  return render(
    <QueryClientProvider client={queries}>
      <App />
    </QueryClientProvider>,
  );
}

/** What can be seen; some words are only heard. */
const SEEN = { selector: ':not(.ps-hidden)' };

export const found = (text: string | RegExp) => screen.findByText(text, SEEN);
export const foundAll = (text: string | RegExp) => screen.queryAllByText(text, SEEN);
