// The network as a page sees it: what a test says that the server answers.
import type { Principal, Problem, Right, Role, Session } from '@project-sync/react';

type Fixed = { status: number; body: unknown; headers?: Record<string, string> };
type Answer = Fixed | 'pending' | 'down' | ((url: URL, request: Request) => unknown);

export interface Network {
  /** What is answered at a path, `GET` unless a method stands before it: a body, or what `fail` and others make. */
  answers: Map<string, Answer>;
  asked: string[];
  /** The bodies of requests that had one, in order, with what was asked. */
  sent: [line: string, body: unknown][];
  restore: () => void;
}

export function fail(status: number, code: string, title: string, detail: string): { status: number; body: Problem } {
  return { status, body: { type: `urn:project-sync:problem:${code}`, title, status, detail } };
}

export const ok = (body: unknown) => ({ status: 200, body });

const TENANT = { id: 't-1', name: 'local' };

/** The session of a server that is open to its own machine. */
export const OPEN: Session = {
  access: 'open',
  setUp: false,
  principal: { kind: 'local', id: null, name: 'local', tenant: TENANT, role: 'owner', rights: ['read', 'sync', 'admin', 'operate'], projectId: null },
  tenants: [],
};

/** The session of nobody, where there are users. */
export const NOBODY: Session = { access: 'identity', setUp: true, principal: null, tenants: [] };

const RIGHTS: Record<Role, Right[]> = { viewer: ['read'], member: ['read', 'sync'], owner: ['read', 'sync', 'admin'] };

/** The session of a user. */
export function as(role: Role, over: Partial<Principal> = {}, more: Partial<Session> = {}): Session {
  const principal: Principal = { kind: 'user', id: 'u-1', name: 'Ada', tenant: TENANT, role, rights: RIGHTS[role], projectId: null, ...over };
  return { access: 'identity', setUp: true, principal, tenants: [{ ...TENANT, role }], ...more };
}

/** Answers by path, and keeps event streams open with nothing in them but the snapshot. */
export function network(): Network {
  const before = globalThis.fetch;
  const answers = new Map<string, Answer>([['GET /api/v1/session', ok(OPEN)]]);
  const asked: string[] = [];
  const sent: [string, unknown][] = [];
  globalThis.fetch = async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(String(input), window.location.href), init);
    const url = new URL(request.url);
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    const text = request.body ? await request.clone().text() : '';
    if (text !== '') sent.push([`${request.method} ${url.pathname}`, JSON.parse(text)]);
    const key = `${request.method} ${url.pathname}`;
    if (url.pathname.startsWith('/api/v1/events/') && !answers.has(key)) return stream(request.signal);
    const answer = answers.get(key) ?? fail(404, 'not-found', 'There is nothing here', key);
    if (answer === 'pending') return new Promise(() => {});
    if (answer === 'down') throw new TypeError('fetch failed');
    const { status, body, headers }: Fixed = typeof answer === 'function' ? asFixed(await answer(url, request)) : answer;
    const type = status >= 400 ? 'application/problem+json' : 'application/json';
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } });
  };
  return {
    answers,
    asked,
    sent,
    restore: () => {
      globalThis.fetch = before;
    },
  };
}

/** A function answers with a body, or with what `fail` and `ok` make. */
function asFixed(given: unknown): Fixed {
  const isFixed = typeof given === 'object' && given !== null && 'status' in given && 'body' in given;
  return isFixed ? (given as Fixed) : { status: 200, body: given };
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
