// A git host over HTTP that holds what it is asked for until a test lets it go.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import type { Repository } from './repository.js';

/** A fetch that is held. */
export interface Held {
  /** Sends the rest. */
  release: () => void;
  /** Cuts the connection. */
  cut: () => void;
  /** Resolves when the other side is gone. */
  gone: Promise<unknown>;
}

export class GitServer {
  readonly url: string;
  readonly #server;
  readonly #root: string;
  #isHolding = false;
  #waiting: ((held: Held) => void)[] = [];
  #unseen: Held[] = [];
  readonly #held = new Set<Held>();

  private constructor(server: ReturnType<typeof createServer>, root: string, port: number, name: string) {
    this.#server = server;
    this.#root = root;
    this.url = `http://127.0.0.1:${port}/${name}`;
  }

  static async start(repository: Repository): Promise<GitServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || !address) throw new Error('There is no port.');
    const root = dirname(repository.path);
    const git = new GitServer(server, root, address.port, repository.path.slice(root.length + 1));
    server.on('request', (asked, answer) => void git.#serve(asked, answer).catch(() => answer.destroy()));
    return git;
  }

  /** From now on content is held half way. */
  hold(): void {
    this.#isHolding = true;
  }

  /** From now on, and for all that is held, content passes. */
  release(): void {
    this.#isHolding = false;
    this.#unseen = [];
    for (const held of this.#held) held.release();
    this.#held.clear();
  }

  /** The next fetch that is held. */
  held(): Promise<Held> {
    const held = this.#unseen.shift();
    return held ? Promise.resolve(held) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const body = await readAll(asked);
    const { head, content } = await this.#backend(asked, body);
    const status = Number(/^Status: (\d+)/im.exec(head)?.[1] ?? 200);
    for (const line of head.split('\r\n')) {
      const [name, value] = line.split(/: (.*)/);
      if (name && value && name !== 'Status') answer.setHeader(name, value);
    }
    answer.writeHead(status);
    const isFetch = body.includes('command=fetch') || body.includes('want ');
    if (!this.#isHolding || !isFetch) return void answer.end(content);
    const half = content.length >> 1;
    answer.write(content.subarray(0, half));
    this.#keep(answer, content.subarray(half));
  }

  #keep(answer: ServerResponse, rest: Buffer): void {
    const held: Held = { release: () => answer.end(rest), cut: () => answer.destroy(), gone: new Promise((resolve) => answer.once('close', resolve)) };
    this.#held.add(held);
    const waiting = this.#waiting.shift();
    if (waiting) waiting(held);
    else this.#unseen.push(held);
  }

  /** Asks git's own server program (CGI). */
  async #backend(asked: IncomingMessage, body: Buffer): Promise<{ head: string; content: Buffer }> {
    const url = new URL(asked.url ?? '/', 'http://git');
    const child = spawn('git', ['http-backend'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: {
        PATH: process.env['PATH'],
        GIT_PROJECT_ROOT: this.#root,
        GIT_HTTP_EXPORT_ALL: '1',
        GIT_PROTOCOL: String(asked.headers['git-protocol'] ?? ''),
        REQUEST_METHOD: asked.method,
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        CONTENT_TYPE: asked.headers['content-type'],
        CONTENT_LENGTH: String(body.length),
        HTTP_CONTENT_ENCODING: asked.headers['content-encoding'],
        // The repositories of tests belong to whoever runs them.
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: 'safe.directory',
        GIT_CONFIG_VALUE_0: '*',
      },
    });
    child.stdin.on('error', () => {});
    child.stdin.end(body);
    const all = await readAll(child.stdout);
    const end = all.indexOf('\r\n\r\n');
    return { head: all.subarray(0, end).toString(), content: all.subarray(end + 4) };
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
