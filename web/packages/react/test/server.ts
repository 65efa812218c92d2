// A real HTTP server whose answers a test writes by hand.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request to an event stream, held open until the test ends it. */
export interface Held {
  request: IncomingMessage;
  response: ServerResponse;
  /** Answers with an event stream; `begin` comes at once. */
  open: (begin?: string) => void;
  write: (text: string | Uint8Array) => void;
  /** Answers with something else. */
  refuse: (status: number, headers?: Record<string, string>, body?: unknown) => void;
  end: () => void;
  /** Cuts the connection. */
  cut: () => void;
  /** Resolves when the client let go. */
  gone: Promise<void>;
}

export interface TestServer {
  url: string;
  /** The next request, once it comes; in order. */
  next: () => Promise<Held>;
  /** How many requests came. */
  count: () => number;
  close: () => Promise<void>;
}

export async function startServer(): Promise<TestServer> {
  const came: Held[] = [];
  const awaited: ((held: Held) => void)[] = [];
  let count = 0;
  const server = createServer((request, response) => {
    count += 1;
    const held = hold(request, response);
    const waiting = awaited.shift();
    if (waiting) waiting(held);
    else came.push(held);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next: () => {
      const held = came.shift();
      return held ? Promise.resolve(held) : new Promise((resolve) => awaited.push(resolve));
    },
    count: () => count,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function hold(request: IncomingMessage, response: ServerResponse): Held {
  response.on('error', () => {});
  return {
    request,
    response,
    open: (begin = '') => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.flushHeaders();
      if (begin) response.write(begin);
    },
    write: (text) => response.write(text),
    refuse: (status, headers = {}, body) => {
      response.writeHead(status, { 'content-type': 'application/problem+json', ...headers });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    },
    end: () => response.end(),
    cut: () => request.socket.destroy(),
    // Not `once`, which rejects when the other side resets the connection: that is going, too.
    gone: new Promise((resolve) => request.socket.once('close', () => resolve())),
  };
}
