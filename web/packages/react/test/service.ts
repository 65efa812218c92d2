// A stand-in of the server, over real HTTP: a test sets what it knows, and tells events.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Branch, Diff, Status, Sync } from '../src/api/types.js';
import type { ProjectSnapshot, ProgressEvent } from '../src/events.js';
import { PHASES, PROJECT, answer, projectSnapshot, syncId } from './samples.js';

export interface Service {
  url: string;
  branches: Branch[];
  history: Sync[];
  status: Status;
  syncs: Map<string, Sync>;
  snapshot: ProjectSnapshot;
  diff: Diff;
  /** What is answered instead, by "METHOD path"; `hang` gives none. */
  instead: Map<string, { status: number; body: unknown } | 'hang'>;
  /** All requests, as "METHOD path?query", with the bodies of those that had one. */
  requests: { line: string; body?: unknown; lastEventId?: string }[];
  /** Tells an event to all who listen. */
  tell: (event: ProgressEvent) => void;
  send: (type: string, data: unknown, id?: string) => void;
  /** Ends all streams, as a server that is restarted. */
  cut: () => void;
  listeners: () => number;
  close: () => Promise<void>;
}

export function branch(name: string, over: Partial<Branch> = {}): Branch {
  return { name, commit: 'a'.repeat(40), isDefault: false, headSync: 0, isUpToDate: false, ...over };
}

export async function startService(): Promise<Service> {
  const streams = new Set<ServerResponse>();
  let told = 0;
  const service: Service = {
    url: '',
    branches: [branch('main', { isDefault: true, headSync: 7, isUpToDate: true }), branch('next')],
    history: [],
    status: { branch: 'main', sync: null, phases: PHASES },
    syncs: new Map(),
    snapshot: projectSnapshot(),
    diff: { syncId: syncId(1), files: [], memory: [] },
    instead: new Map(),
    requests: [],
    tell: (event) => service.send(event.type, event, `${event.seq}-${(told += 1)}`),
    send: (type, data, id) => {
      for (const stream of streams) stream.write(frame(type, data, id));
    },
    cut: () => {
      for (const stream of streams) stream.socket?.destroy();
    },
    listeners: () => streams.size,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer((request, response) => void serve(service, streams, request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return service;
}

function frame(type: string, data: unknown, id?: string): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}

async function serve(service: Service, streams: Set<ServerResponse>, request: IncomingMessage, response: ServerResponse) {
  // Requests of the document come from another origin than this server's.
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-allow-headers', '*');
  response.setHeader('access-control-allow-methods', '*');
  if (request.method === 'OPTIONS') return response.end();
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const url = new URL(request.url ?? '/', 'http://x');
  const lastEventId = request.headers['last-event-id'];
  service.requests.push({
    line: `${request.method} ${request.url}`,
    ...(text ? { body: JSON.parse(text) } : {}),
    ...(typeof lastEventId === 'string' ? { lastEventId } : {}),
  });
  const instead = service.instead.get(`${request.method} ${url.pathname}`);
  if (instead === 'hang') return;
  if (instead) return give(response, instead.status, instead.body, 'application/problem+json');
  if (url.pathname === `/api/v1/events/projects/${PROJECT}`) return open(service, streams, request, response);
  const [status, body] = answerOf(service, `${request.method} ${url.pathname}`, url.searchParams);
  return give(response, status, body);
}

function open(service: Service, streams: Set<ServerResponse>, request: IncomingMessage, response: ServerResponse) {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write('retry: 10\n\n');
  if (request.headers['last-event-id'] === undefined) response.write(frame('snapshot', service.snapshot, '0-0'));
  streams.add(response);
  response.on('close', () => streams.delete(response));
  response.on('error', () => {});
}

function give(response: ServerResponse, status: number, body: unknown, type = 'application/json') {
  response.writeHead(status, { 'content-type': type });
  response.end(JSON.stringify(body));
}

function answerOf(service: Service, line: string, query: URLSearchParams): [number, unknown] {
  const project = `/api/v1/projects/${PROJECT}`;
  switch (line) {
    case `GET ${project}/sync/branches`: {
      const found = service.branches.filter((each) => each.name.includes(query.get('query') ?? ''));
      return [200, { items: found.slice(0, Number(query.get('limit') ?? 50)), total: found.length }];
    }
    case `GET ${project}/sync/status`:
      return [200, service.status];
    case `GET ${project}/sync/history`: {
      const from = Number(query.get('cursor') ?? 0);
      const to = from + Number(query.get('limit') ?? 50);
      return [200, { items: service.history.slice(from, to), ...(to < service.history.length ? { nextCursor: String(to) } : {}) }];
    }
    case `POST ${project}/sync`:
    case `POST ${project}/sync/restore`: {
      const sync = answer({ id: syncId(90), status: 'pending', phases: [], number: null, startedAt: null, finishedAt: null, createdAt: new Date().toISOString(), attempts: 0 });
      return [202, { sync, isNew: true, eventsUrl: '/' }];
    }
  }
  const diff = /^GET \/api\/v1\/syncs\/([^/]+)\/diff$/.exec(line);
  if (diff) return [200, query.get('part') === 'memory' ? { ...service.diff, files: undefined } : { ...service.diff, memory: undefined }];
  const cancel = /^POST \/api\/v1\/syncs\/([^/]+)\/cancel$/.exec(line);
  if (cancel) return [202, answer({ id: cancel[1]!, status: 'running', number: null, finishedAt: null, cancelRequested: true })];
  const get = /^GET \/api\/v1\/syncs\/([^/]+)$/.exec(line);
  const sync = get && service.syncs.get(get[1]!);
  if (sync) return [200, sync];
  return [404, { type: 'urn:project-sync:problem:not-found', title: 'Not found', status: 404, detail: `No ${line}` }];
}
