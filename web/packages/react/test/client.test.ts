import { afterEach, beforeEach, describe, expect, expectTypeOf, test } from 'vitest';
import { createClient, type Client } from '../src/api/client.js';
import { ProblemError, retryAfter, UnreachableError } from '../src/api/problem.js';
import type { Branches, Diff, Started, Sync } from '../src/api/types.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
beforeEach(async () => {
  server = await startServer();
});
afterEach(() => server.close());

const ok = { 'content-type': 'application/json' };

async function body(request: AsyncIterable<Uint8Array>): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += Buffer.from(chunk).toString();
  return JSON.parse(text);
}

describe('calls', () => {
  test('go where they should, with token and key', async () => {
    const client = createClient({ baseUrl: server.url, token: () => 'secret' });
    const started = client.projects.sync.start('p 1', { branch: 'next' }, { idempotencyKey: 'k1' });
    const held = await server.next();
    expect(held.request.method).toBe('POST');
    expect(held.request.url).toBe('/api/v1/projects/p%201/sync');
    expect(held.request.headers).toMatchObject({ authorization: 'Bearer secret', 'idempotency-key': 'k1' });
    expect(await body(held.request)).toEqual({ branch: 'next' });
    held.refuse(202, ok, { sync: { id: 'x' }, isNew: true, eventsUrl: '/e' });
    expect((await started).isNew).toBe(true);
  });

  test('send queries without what is absent', async () => {
    const client = createClient({ baseUrl: server.url });
    const listed = client.projects.sync.branches('p', { query: 'a b', limit: undefined });
    const held = await server.next();
    expect(held.request.url).toBe('/api/v1/projects/p/sync/branches?query=a%20b');
    held.refuse(200, ok, { items: [], total: 0 });
    expect(await listed).toEqual({ items: [], total: 0 });
  });

  test('may be answered with nothing', async () => {
    const client = createClient({ baseUrl: server.url });
    const deleted = client.projects.delete('p', 'name');
    (await server.next()).refuse(204);
    expect(await deleted).toBeUndefined();
  });

  test('are typed by the document', () => {
    const { projects, syncs } = createClient();
    expectTypeOf(projects.sync.start).returns.resolves.toEqualTypeOf<Started>();
    expectTypeOf(projects.sync.restoreMemory).returns.resolves.toEqualTypeOf<Started>();
    expectTypeOf(projects.sync.branches).returns.resolves.toEqualTypeOf<Branches>();
    expectTypeOf(syncs.cancel).returns.resolves.toEqualTypeOf<Sync>();
    expectTypeOf(syncs.diff).returns.resolves.toExtend<Diff>();
  });

  test.each<[line: string, call: (client: Client) => Promise<unknown>, body?: unknown]>([
    ['GET /api/v1/session', (client) => client.session.get()],
    ['POST /api/v1/session', (client) => client.session.logIn({ name: 'ada', password: 'p' }), { name: 'ada', password: 'p' }],
    ['PUT /api/v1/session', (client) => client.session.switchTenant('t'), { tenantId: 't' }],
    ['DELETE /api/v1/session', (client) => client.session.logOut()],
    ['PUT /api/v1/session/password', (client) => client.session.changePassword({ current: 'a', new: 'b' }), { current: 'a', new: 'b' }],
    ['POST /api/v1/setup', (client) => client.setUp({ name: 'ada', password: 'p' }), { name: 'ada', password: 'p' }],
    ['GET /api/v1/tokens?limit=2&cursor=c', (client) => client.tokens.list({ limit: 2, cursor: 'c' })],
    ['POST /api/v1/tokens', (client) => client.tokens.create({ name: 'n', scopes: ['read'] }), { name: 'n', scopes: ['read'] }],
    ['DELETE /api/v1/tokens/a%20b', (client) => client.tokens.revoke('a b')],
    ['GET /api/v1/members', (client) => client.members.list()],
    ['POST /api/v1/members', (client) => client.members.add({ name: 'n', role: 'viewer' }), { name: 'n', role: 'viewer' }],
    ['PUT /api/v1/members/u', (client) => client.members.change('u', 'owner'), { role: 'owner' }],
    ['DELETE /api/v1/members/u', (client) => client.members.remove('u')],
    ['GET /api/v1/audit?action=setup', (client) => client.audit.list({ action: 'setup' })],
    ['GET /api/v1/projects/p/credential', (client) => client.projects.credential.get('p')],
    ['PUT /api/v1/projects/p/credential', (client) => client.projects.credential.set('p', { kind: 'token', token: 't' }), { kind: 'token', token: 't' }],
    ['DELETE /api/v1/projects/p/credential', (client) => client.projects.credential.remove('p')],
    ['POST /api/v1/stream-tickets', (client) => client.streamTickets.create({ projectId: 'p' }), { projectId: 'p' }],
    ['GET /api/v1/admin/tenants', (client) => client.admin.tenants.list()],
    ['POST /api/v1/admin/tenants', (client) => client.admin.tenants.create({ name: 'n', owner: { name: 'o' } }), { name: 'n', owner: { name: 'o' } }],
  ])('of identity: %s', async (line, call, sent) => {
    const answered = call(createClient({ baseUrl: server.url }));
    const held = await server.next();
    expect(`${held.request.method} ${held.request.url}`).toBe(line);
    if (sent !== undefined) expect(await body(held.request)).toEqual(sent);
    held.refuse(200, ok, { id: 'x' });
    expect(await answered).toEqual({ id: 'x' });
  });

  test('know where events are', () => {
    expect(createClient({ baseUrl: 'https://h/' }).events.project('a/b')).toBe('https://h/api/v1/events/projects/a%2Fb');
  });
});

describe('refusals', () => {
  test('are problems with all they tell', async () => {
    const call = createClient({ baseUrl: server.url }).projects.get('p').catch((error: unknown) => error);
    (await server.next()).refuse(
      409,
      { 'retry-after': '3' },
      {
        type: 'urn:project-sync:problem:branch-busy',
        title: 'Busy',
        status: 409,
        detail: 'One runs.',
        field: 'branch',
        syncId: 's',
        traceId: 't',
      },
    );
    const error = await call;
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({
      code: 'branch-busy',
      title: 'Busy',
      status: 409,
      detail: 'One runs.',
      message: 'One runs.',
      field: 'branch',
      syncId: 's',
      traceId: 't',
      retryAfterMs: 3_000,
    });
  });

  test('of a proxy in between are problems of their status', async () => {
    const call = createClient({ baseUrl: server.url }).projects.list().catch((error: unknown) => error);
    const held = await server.next();
    held.response.writeHead(502, { 'content-type': 'text/html' });
    held.response.end('<h1>Bad gateway</h1>');
    expect(await call).toMatchObject({ name: 'ProblemError', status: 502, title: 'Bad Gateway' });
  });

  test('no answer is told apart', async () => {
    const call = createClient({ baseUrl: server.url }).projects.list().catch((error: unknown) => error);
    (await server.next()).cut();
    expect(await call).toBeInstanceOf(UnreachableError);
  });

  test('who gave up gets what fetch gives', async () => {
    const abort = new AbortController();
    const call = createClient({ baseUrl: server.url })
      .projects.list({}, { signal: abort.signal })
      .catch((error: unknown) => error);
    await server.next();
    abort.abort();
    expect(await call).toMatchObject({ name: 'AbortError' });
  });

  test('Retry-After is seconds or a date', () => {
    const now = Date.UTC(2026, 0, 2, 3, 4, 5);
    expect(retryAfter('120', now)).toBe(120_000);
    expect(retryAfter('Fri, 02 Jan 2026 03:05:05 GMT', now)).toBe(60_000);
    expect(retryAfter('Fri, 02 Jan 2026 03:00:00 GMT', now)).toBe(0);
    expect(retryAfter('soon', now)).toBeUndefined();
    expect(retryAfter(null, now)).toBeUndefined();
  });
});
