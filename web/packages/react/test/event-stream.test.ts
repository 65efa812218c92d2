import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ProblemError } from '../src/api/problem.js';
import { Backoff } from '../src/stream/backoff.js';
import { EventStream, type ConnectionState, type EventStreamOptions } from '../src/stream/event-stream.js';
import type { StreamEvent } from '../src/stream/parser.js';
import type { Surroundings } from '../src/stream/surroundings.js';
import { startServer, type TestServer } from './server.js';

let server: TestServer;
let stream: EventStream | undefined;

beforeEach(async () => {
  server = await startServer();
});
afterEach(async () => {
  stream?.close();
  vi.useRealTimers();
  await server.close();
});

/** From now on the time of streams stands still, but for what a test moves it by. Sockets do not wait for it. */
function standStill(): void {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], shouldClearNativeTimers: true });
}

/** A `fetch` that tells how much of its answers was read. */
function counting() {
  let count = 0;
  const waiting = new Set<() => void>();
  const read: typeof fetch = async (input, init) => {
    const answer = await fetch(input, init);
    const counted = new TransformStream<Uint8Array, Uint8Array>({
      transform: (piece, next) => {
        next.enqueue(piece);
        count += 1;
        waiting.forEach((check) => check());
      },
    });
    return new Response(answer.body?.pipeThrough(counted), answer);
  };
  /** Resolves when so many pieces came, and were read. */
  const heard = async (pieces: number) => {
    await new Promise<void>((resolve) => {
      const check = () => count >= pieces && resolve();
      waiting.add(check);
      check();
    });
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { fetch: read, heard };
}

/** A page whose visibility and network a test changes. */
function page() {
  let visible = true;
  const watchers = new Set<(what: 'visibility' | 'online') => void>();
  const tell = (what: 'visibility' | 'online') => watchers.forEach((watcher) => watcher(what));
  const surroundings: Surroundings = {
    isVisible: () => visible,
    watch: (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
  return {
    surroundings,
    show: () => ((visible = true), tell('visibility')),
    hide: () => ((visible = false), tell('visibility')),
    online: () => tell('online'),
    watchers,
  };
}

/** Starts a stream, and lets a test await what it tells. */
function follow(options: Partial<EventStreamOptions> = {}) {
  const events: StreamEvent[] = [];
  const states: ConnectionState[] = [];
  /** How long each wait is to be, as it begins. */
  const waits: number[] = [];
  const waiting = new Set<() => void>();
  const changed = () => waiting.forEach((check) => check());
  stream = new EventStream(server.url, {
    backoff: { baseMs: 5, maxMs: 20, random: () => 0 },
    ...options,
    onEvent: (event) => (events.push(event), changed()),
    onState: (state) => {
      states.push(state);
      if (state.retryAt !== undefined) waits.push(state.retryAt - Date.now());
      changed();
    },
  });
  stream.start();
  const until = (isTrue: () => boolean) =>
    new Promise<void>((resolve) => {
      const check = () => {
        if (!isTrue()) return;
        waiting.delete(check);
        resolve();
      };
      waiting.add(check);
      check();
    });
  return {
    events,
    states,
    waits,
    stream,
    got: (count: number) => until(() => events.length >= count),
    is: (connection: ConnectionState['connection']) => until(() => stream!.state.connection === connection),
  };
}

const header = (held: { request: { headers: Record<string, unknown> } }, name: string) => held.request.headers[name];

describe('a connection', () => {
  test('asks as it should, and passes events on as they come', async () => {
    const { events, got, is, states } = follow({ token: 'secret', lastEventId: '4' });
    const held = await server.next();
    expect(held.request.headers).toMatchObject({
      accept: 'text/event-stream',
      authorization: 'Bearer secret',
      'last-event-id': '4',
    });
    held.open();
    await is('open');
    held.write('id: 5\nevent: warn');
    held.write('ing\ndata: a\n\n');
    await got(1);
    expect(events).toEqual([{ type: 'warning', data: 'a', id: '5' }]);
    expect(states.map((state) => state.connection)).toEqual(['connecting', 'open']);
  });

  test('sends no id before the first event and no token without one', async () => {
    follow();
    const { headers } = (await server.next()).request;
    expect(headers['last-event-id']).toBeUndefined();
    expect(headers.authorization).toBeUndefined();
  });

  test('asks for the token each time', async () => {
    let n = 0;
    follow({ token: async () => `t${(n += 1)}` });
    for (const token of ['Bearer t1', 'Bearer t2']) {
      const held = await server.next();
      expect(header(held, 'authorization')).toBe(token);
      held.cut();
    }
  });

  test('with tickets sends a new one each time, and no token', async () => {
    let n = 0;
    const { got } = follow({ token: 'secret', getTicket: async () => `t/${(n += 1)}` });
    const first = await server.next();
    expect(first.request.url).toBe('/?ticket=t%2F1');
    expect(header(first, 'authorization')).toBeUndefined();
    first.open('id: 1\ndata: a\n\n');
    await got(1);
    first.cut();
    const second = await server.next();
    expect(second.request.url).toBe('/?ticket=t%2F2');
    expect(header(second, 'last-event-id')).toBe('1');
  });

  test('tries one more ticket when one is refused; the second refusal is final', async () => {
    let n = 0;
    const { is, states } = follow({ getTicket: () => `t${(n += 1)}` });
    (await server.next()).refuse(401);
    const second = await server.next();
    expect(second.request.url).toBe('/?ticket=t2');
    second.refuse(401);
    await is('failed');
    expect(states.at(-1)?.error).toMatchObject({ status: 401 });
    expect(server.count()).toBe(2);
  });

  test('forgets a refused ticket once one was accepted', async () => {
    let n = 0;
    const { is } = follow({ getTicket: () => `t${(n += 1)}` });
    (await server.next()).refuse(401);
    const second = await server.next();
    second.open();
    await is('open');
    second.cut();
    (await server.next()).refuse(401);
    expect((await server.next()).request.url).toBe('/?ticket=t4');
  });

  test('is tried again when nobody gives a ticket, and fails if it is refused for good', async () => {
    let n = 0;
    const { is } = follow({
      getTicket: () => {
        n += 1;
        if (n === 1) throw new TypeError('fetch failed');
        throw new ProblemError({ type: 'urn:project-sync:problem:forbidden', title: 'No', status: 403, detail: 'no' });
      },
    });
    await is('failed');
    expect(n).toBe(2);
    expect(server.count()).toBe(0);
  });

  test('goes on after the last event when it breaks or ends', async () => {
    const { events, got } = follow();
    const first = await server.next();
    first.open('id: 1\ndata: a\n\nid: 2\ndata: half');
    await got(1);
    first.cut();
    const second = await server.next();
    expect(header(second, 'last-event-id')).toBe('1');
    second.open('id: 2\ndata: b\n\n');
    await got(2);
    second.end();
    expect(header(await server.next(), 'last-event-id')).toBe('2');
    expect(events.map((event) => event.data)).toEqual(['a', 'b']);
  });

  test('lets go of the server when it is closed, and says nothing more', async () => {
    const { events, got, stream } = follow();
    const held = await server.next();
    held.open('data: a\n\n');
    await got(1);
    stream.close();
    await held.gone;
    expect(stream.state.connection).toBe('idle');
    expect(events).toHaveLength(1);
    expect(server.count()).toBe(1);
  });

  test('can be closed by what it tells: nothing that came in the same chunk follows', async () => {
    const told: string[] = [];
    const closing = new EventStream(server.url, {
      onEvent: ({ data }) => {
        told.push(data);
        closing.close();
      },
    });
    closing.start();
    const held = await server.next();
    held.open('data: a\n\ndata: b\n\n');
    await held.gone;
    expect(told).toEqual(['a']);
  });

  test('what comes without an id after a new connection does not lose the place', async () => {
    const { got } = follow({ lastEventId: '9' });
    const first = await server.next();
    first.open('data: without an id\n\n');
    await got(1);
    first.cut();
    expect(header(await server.next(), 'last-event-id')).toBe('9');
  });

  test('an empty id forgets the place, as the server wants', async () => {
    const { got } = follow({ lastEventId: '9' });
    const first = await server.next();
    first.open('id\ndata: a\n\n');
    await got(1);
    first.cut();
    expect(header(await server.next(), 'last-event-id')).toBeUndefined();
  });

  test('an answer that comes after it was closed changes nothing, even if nobody stopped it', async () => {
    let answer: (response: Response) => void = () => {};
    const asked = new Promise<void>((resolve) => {
      stream = new EventStream(server.url, {
        onEvent: () => {},
        fetch: () => {
          resolve();
          return new Promise<Response>((resolve) => (answer = resolve));
        },
      });
    });
    stream?.start();
    await asked;
    stream?.close();
    answer(new Response('data: a\n\n', { headers: { 'content-type': 'text/event-stream' } }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stream?.state.connection).toBe('idle');
  });

  test('begins anew when asked, after the last event or from the beginning', async () => {
    const { got, stream } = follow();
    (await server.next()).open('id: 9\ndata: a\n\n');
    await got(1);
    stream.reconnect();
    const second = await server.next();
    expect(header(second, 'last-event-id')).toBe('9');
    stream.reconnect({ fresh: true });
    expect(header(await server.next(), 'last-event-id')).toBeUndefined();
  });
});

describe('the end', () => {
  test('204 ends it', async () => {
    const { is } = follow();
    (await server.next()).refuse(204);
    await is('ended');
    expect(server.count()).toBe(1);
  });

  test('a terminal event ends it, and what follows is not told', async () => {
    const { events, is } = follow({ isTerminal: (event) => event.type === 'completed' });
    const held = await server.next();
    held.open('event: completed\ndata: 1\n\nevent: late\ndata: 2\n\n');
    await is('ended');
    await held.gone;
    expect(events.map((event) => event.type)).toEqual(['completed']);
    expect(server.count()).toBe(1);
  });

  test.each([401, 403, 404, 400, 422])('%d is final, and tells why', async (status) => {
    const { is, stream } = follow();
    const problem = { type: 'urn:project-sync:problem:some-word', title: 'T', status, detail: 'D', traceId: 'abc' };
    (await server.next()).refuse(status, {}, problem);
    await is('failed');
    expect(stream.state.error).toBeInstanceOf(ProblemError);
    expect(stream.state.error).toMatchObject({ status, code: 'some-word', detail: 'D', traceId: 'abc' });
    expect(server.count()).toBe(1);
  });

  test('an answer that is no event stream is final', async () => {
    const { is } = follow();
    (await server.next()).refuse(200, { 'content-type': 'text/html' });
    await is('failed');
  });

  test('after a failure it can be begun again by hand', async () => {
    const { is, got, stream } = follow();
    (await server.next()).refuse(401);
    await is('failed');
    stream.reconnect();
    (await server.next()).open('data: a\n\n');
    await got(1);
    expect(stream.state.connection).toBe('open');
  });
});

describe('waiting', () => {
  test.each([500, 502, 408])('%d is tried again', async (status) => {
    const { got } = follow();
    (await server.next()).refuse(status);
    (await server.next()).open('data: a\n\n');
    await got(1);
  });

  test.each([429, 503])('%d waits as long as the server asks', async (status) => {
    const { is, stream } = follow();
    const before = Date.now();
    (await server.next()).refuse(status, { 'retry-after': '7' });
    await is('waiting');
    expect(stream.state.retryAt).toBeGreaterThanOrEqual(before + 7_000);
    expect(stream.state.retryAt).toBeLessThanOrEqual(Date.now() + 7_000);
    expect(stream.state.error).toMatchObject({ status });
  });

  test('Retry-After holds though the page is shown or the network comes back', async () => {
    const { surroundings, online, show } = page();
    const { is, stream } = follow({ surroundings });
    (await server.next()).refuse(503, { 'retry-after': '7' });
    await is('waiting');
    const { retryAt } = stream.state;
    online();
    show();
    expect(stream.state).toMatchObject({ connection: 'waiting', retryAt });
    expect(server.count()).toBe(1);
  });

  test('retry: is the least that is waited', async () => {
    const { is, stream } = follow();
    const held = await server.next();
    const before = Date.now();
    held.open('retry: 4000\n\n');
    held.end();
    await is('waiting');
    expect(stream.state.retryAt).toBeGreaterThanOrEqual(before + 4_000);
  });

  test('a server that is away is found when it is back', async () => {
    const { is } = follow();
    (await server.next()).cut();
    await is('waiting');
    (await server.next()).open();
    await is('open');
  });

  test('silence is noticed, a comment is no silence', async () => {
    standStill();
    const { fetch, heard } = counting();
    const { is, stream, waits } = follow({ silenceMs: 60, fetch });
    const held = await server.next();
    held.open();
    await is('open');
    for (let beat = 1; beat <= 5; beat += 1) {
      vi.advanceTimersByTime(40);
      held.write(':\n');
      await heard(beat);
    }
    expect(stream.state.connection).toBe('open');
    expect(server.count()).toBe(1);
    vi.advanceTimersByTime(60);
    await held.gone;
    expect(waits).toEqual([5]);
    vi.advanceTimersByTime(5);
    (await server.next()).open();
    await is('open');
  });

  test('a server that accepts and never answers is given up too', async () => {
    follow({ silenceMs: 40 });
    await (await server.next()).gone;
    await server.next();
  });
});

describe('the page', () => {
  test('hidden for long it lets go; shown it goes on after the last event', async () => {
    const { surroundings, hide, show } = page();
    const { is, got } = follow({ surroundings, hiddenMs: 20 });
    const held = await server.next();
    held.open('id: 3\ndata: a\n\n');
    await got(1);
    hide();
    await is('paused');
    await held.gone;
    show();
    const second = await server.next();
    expect(header(second, 'last-event-id')).toBe('3');
    second.open();
    await is('open');
  });

  test('hidden for a moment it keeps its connection', async () => {
    standStill();
    const { surroundings, hide, show } = page();
    const { is } = follow({ surroundings, hiddenMs: 50 });
    (await server.next()).open();
    await is('open');
    hide();
    vi.advanceTimersByTime(49);
    show();
    vi.advanceTimersByTime(100);
    expect(stream?.state.connection).toBe('open');
    expect(server.count()).toBe(1);
  });

  test('begun on a page that nobody sees it lets go as well', async () => {
    standStill();
    const { surroundings, hide } = page();
    hide();
    const { is, stream } = follow({ surroundings, hiddenMs: 20 });
    const held = await server.next();
    held.open();
    await is('open');
    vi.advanceTimersByTime(20);
    expect(stream.state.connection).toBe('paused');
    await held.gone;
  });

  test('the network coming back ends the wait', async () => {
    const { surroundings, online } = page();
    const { is } = follow({ surroundings, backoff: { baseMs: 60_000 } });
    (await server.next()).cut();
    await is('waiting');
    online();
    (await server.next()).open();
    await is('open');
  });

  test('hidden twice and shown once it keeps its connection', async () => {
    standStill();
    const { surroundings, hide, show } = page();
    const { is, stream } = follow({ surroundings, hiddenMs: 20 });
    (await server.next()).open();
    await is('open');
    hide();
    hide();
    show();
    vi.advanceTimersByTime(20);
    expect(stream.state.connection).toBe('open');
  });

  test('closed while nobody saw it, it stays closed', async () => {
    standStill();
    const { surroundings, hide } = page();
    const { is, stream } = follow({ surroundings, hiddenMs: 20 });
    (await server.next()).open();
    await is('open');
    hide();
    stream.close();
    vi.advanceTimersByTime(20);
    expect(stream.state.connection).toBe('idle');
  });

  test('shown before the time that the server named, it waits for the rest of it', async () => {
    const { surroundings, hide, show } = page();
    const { is, stream } = follow({ surroundings, hiddenMs: 1 });
    (await server.next()).refuse(429, { 'retry-after': '60' });
    await is('waiting');
    const { retryAt } = stream.state;
    hide();
    await is('paused');
    show();
    expect(stream.state).toMatchObject({ connection: 'waiting', retryAt });
    expect(server.count()).toBe(1);
  });

  test('the network coming back proves a connection that was silent, and no other', async () => {
    const { surroundings, online } = page();
    const { is, got, stream } = follow({ surroundings });
    const first = await server.next();
    first.open('id: 1\ndata: a\n\n');
    await got(1);
    online();
    expect(stream.state.connection).toBe('open');
    const now = Date.now();
    vi.spyOn(Date, 'now').mockReturnValue(now + 21_000);
    online();
    vi.restoreAllMocks();
    await first.gone;
    const second = await server.next();
    expect(header(second, 'last-event-id')).toBe('1');
    second.open();
    await is('open');
  });

  test('is left alone after the end', async () => {
    const { surroundings, watchers, hide, show, online } = page();
    const { is } = follow({ surroundings, hiddenMs: 1 });
    (await server.next()).refuse(204);
    await is('ended');
    expect(watchers.size).toBe(0);
    hide();
    show();
    online();
    expect(stream?.state.connection).toBe('ended');
  });
});

describe('the waits', () => {
  test('begin anew when somebody hurries', async () => {
    const { surroundings, online } = page();
    const { is, waits, stream } = follow({ surroundings, backoff: { baseMs: 100_000, maxMs: 10_000_000, random: () => 0 } });
    for (const hurry of [() => stream.reconnect(), online, () => {}]) {
      (await server.next()).cut();
      await is('waiting');
      hurry();
    }
    for (const wait of waits) expect(wait).toBeLessThanOrEqual(100_000);
    expect(waits).toHaveLength(3);
  });

  test('grow, and begin anew after a connection that held', async () => {
    standStill();
    const told = async (stableMs: number) => {
      const { is, stream, waits } = follow({ backoff: { baseMs: 40, maxMs: 10_000, random: () => 0 }, stableMs });
      while (waits.length < 3) {
        vi.advanceTimersByTime(waits.at(-1) ?? 0);
        (await server.next()).cut();
        await is('waiting');
      }
      stream.close();
      return waits;
    };
    expect(await told(60_000)).toEqual([40, 80, 160]);
    expect(await told(0)).toEqual([40, 40, 40]);
  });
});

describe('the back-off', () => {
  test('doubles up to its bound, and begins anew after a success', () => {
    const backoff = new Backoff({ baseMs: 100, maxMs: 1_000, random: () => 0 });
    expect([1, 2, 3, 4, 5, 6].map(() => backoff.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    backoff.reset();
    expect(backoff.next()).toBe(100);
  });

  test('spreads clients, and never tries sooner than was asked', () => {
    const late = new Backoff({ baseMs: 100, maxMs: 1_000, random: () => 0.999 });
    expect(late.next()).toBe(150);
    expect(late.next(5_000)).toBeGreaterThanOrEqual(5_000);
    late.setBase(3_000);
    expect(late.next()).toBeGreaterThanOrEqual(3_000);
  });

  test('a server cannot send its clients away for ever', () => {
    const backoff = new Backoff({ random: () => 0 });
    expect(backoff.next(Number.MAX_SAFE_INTEGER)).toBe(600_000);
    backoff.setBase(Number.MAX_SAFE_INTEGER);
    expect(backoff.next()).toBe(600_000);
  });
});
