import { createClient, ProblemError } from '@project-sync/react';
import { QueryClient } from '@tanstack/react-query';

const TOKEN = 'project-sync.token';

/** The token that this browser was given to log in with, instead of a name and a password. */
export function storedToken(): string {
  return localStorage.getItem(TOKEN) ?? '';
}

export function storeToken(token: string): void {
  if (token === '') localStorage.removeItem(TOKEN);
  else localStorage.setItem(TOKEN, token);
}

const listeners = new Set<() => void>();

/** Calls back when the server did not know who asked: the session may have ended. Returns how to stop that. */
export function onUnknown(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Who asks for the session is told in the answer. */
const SESSION = '/api/v1/session';

/** The browser's own, which tells {@link onUnknown} of refusals. Calls and streams of events go through it. */
export const watchedFetch: typeof fetch = async (input, init) => {
  const response = await globalThis.fetch(input, init);
  const url = input instanceof Request ? input.url : String(input);
  if (response.status === 401 && !new URL(url, window.location.href).pathname.endsWith(SESSION)) {
    const { code } = await ProblemError.of(response.clone());
    // A wrong password says nothing of the session.
    if (code !== 'invalid-credentials') listeners.forEach((listener) => listener());
  }
  return response;
};

export const client = createClient({ token: () => storedToken() || undefined, fetch: watchedFetch });

/** How all events are listened to. */
export const stream = { fetch: watchedFetch };

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refuses it refuses again; only an outage is worth another try.
      retry: (failures, error) => failures < 2 && !(error instanceof ProblemError && error.status < 500),
    },
  },
});
