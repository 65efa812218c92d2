// What stands before the service: a reverse proxy as an operator has one, and the dashboard's built files for binaries
// in which they are not embedded.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../dashboard/dist/', import.meta.url));
/** The same as the binary's. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; " +
  "form-action 'self'; frame-ancestors 'none'";
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

export interface Behind {
  /** Where the API is. */
  api: string;
  /** Where events are streamed; nothing: where the API is. */
  gateway?: string | undefined;
  /** Whether the dashboard is read from its built files. */
  isFromFiles: boolean;
}

export interface Front {
  url: string;
  close: () => Promise<void>;
}

export async function serveFront({ api, gateway = api, isFromFiles }: Behind): Promise<Front> {
  const server = createServer((asked, answer) => {
    const path = new URL(asked.url ?? '/', api).pathname;
    if (path.startsWith('/api/v1/events/')) pass(gateway, asked, answer);
    else if (!isFromFiles || /^\/(api|docs|healthz|readyz|metrics)(\/|$)/.test(path)) pass(api, asked, answer);
    else void sendFile(path, answer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('There is no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Passes a request on, and cuts the connection to whom the service cuts it. */
function pass(to: string, asked: IncomingMessage, answer: ServerResponse): void {
  const onward = request(new URL(asked.url ?? '/', to), { method: asked.method, headers: asked.headers, agent: false });
  onward.on('response', (response) => {
    answer.writeHead(response.statusCode ?? 502, response.headers);
    answer.flushHeaders();
    response.on('error', () => answer.destroy());
    response.pipe(answer);
  });
  onward.on('error', () => answer.destroy());
  answer.on('close', () => onward.destroy());
  asked.pipe(onward);
}

async function sendFile(path: string, answer: ServerResponse): Promise<void> {
  // Paths without a file are pages of the application.
  const name = extname(path) === '' ? 'index.html' : path.slice(1);
  try {
    const content = await readFile(join(DIST, name.replaceAll('..', '')));
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    answer.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': POLICY }).end(content);
  } catch {
    answer.writeHead(404).end();
  }
}
