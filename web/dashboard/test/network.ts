// The network as a page sees it: what a test says that the server answers.
import type { Problem } from '@project-sync/react';

type Answer = { status: number; body: unknown } | 'pending' | 'down' | ((url: URL) => unknown);

export interface Network {
  /** What is answered at a path, `GET` unless a method stands before it: a body, or what `fail` and others make. */
  answers: Map<string, Answer>;
  asked: string[];
  restore: () => void;
}

export function fail(status: number, code: string, title: string, detail: string): { status: number; body: Problem } {
  return { status, body: { type: `urn:project-sync:problem:${code}`, title, status, detail } };
}

export const ok = (body: unknown) => ({ status: 200, body });

/** Answers by path, and keeps event streams open with nothing in them but the snapshot. */
export function network(): Network {
  const before = globalThis.fetch;
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  globalThis.fetch = async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(String(input), window.location.href), init);
    const url = new URL(request.url);
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    if (url.pathname.startsWith('/api/v1/events/')) return stream(request.signal);
    const key = `${request.method} ${url.pathname}`;
    const answer = answers.get(key) ?? fail(404, 'not-found', 'There is nothing here', key);
    if (answer === 'pending') return new Promise(() => {});
    if (answer === 'down') throw new TypeError('fetch failed');
    const { status, body } = typeof answer === 'function' ? { status: 200, body: answer(url) } : answer;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': type } });
  };
  return {
    answers,
    asked,
    restore: () => {
      globalThis.fetch = before;
    },
  };
}

function stream(signal: AbortSignal): Response {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('event: snapshot\ndata: {"projectId":"p","syncs":[]}\n\n'));
      signal.addEventListener('abort', () => controller.error(signal.reason));
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}
