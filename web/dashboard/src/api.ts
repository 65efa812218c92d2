import { createClient, ProblemError } from '@project-sync/react';
import { QueryClient } from '@tanstack/react-query';

const TOKEN = 'project-sync.token';

/** The token that this browser was given, for servers that ask for one. */
export function storedToken(): string {
  return localStorage.getItem(TOKEN) ?? '';
}

export function storeToken(token: string): void {
  if (token === '') localStorage.removeItem(TOKEN);
  else localStorage.setItem(TOKEN, token);
}

export const client = createClient({ token: () => storedToken() || undefined });

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refuses it refuses again; only an outage is worth another try.
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError && error.status < 500),
    },
  },
});
