// The real service, in a process of its own.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createClient, type Client, type Sync } from '@project-sync/react';
import { serveDashboard, type Dashboard } from './dashboard.js';

/** How long a service may take to answer. */
const READY_MS = 20_000;
/** How much of its log is kept, to be shown when something fails. */
const LOG_CHARACTERS = 16_384;

export interface ServiceOptions {
  /** More of its environment: settings are `PROJECT_SYNC__SECTION__KEY`. */
  env?: Record<string, string>;
}

export class Service {
  readonly client: Client;
  readonly #folder: string;
  readonly #port: number;
  readonly #env: Record<string, string>;
  #process: ChildProcess | undefined;
  #dashboard: Dashboard | undefined;
  #log = '';
  #connected = 0;

  private constructor(folder: string, port: number, env: Record<string, string>) {
    this.#folder = folder;
    this.#port = port;
    this.#env = env;
    this.client = createClient({ baseUrl: this.origin });
  }

  static async start({ env = {} }: ServiceOptions = {}): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), 'project-sync-e2e-'));
    const service = new Service(folder, await freePort(), env);
    await service.run();
    // The files that were built last are served beside a binary that has none or other ones in it.
    const { status } = await fetch(service.origin);
    if (status === 404 || process.env['PROJECT_SYNC_DIST']) service.#dashboard = await serveDashboard(service.origin);
    return service;
  }

  /** Where the API is. */
  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where the dashboard is. */
  get url(): string {
    return this.#dashboard?.url ?? this.origin;
  }

  get log(): string {
    return this.#log;
  }

  /** Begins the process (again), on the same port and with the same data, and waits until it answers. */
  async run(): Promise<void> {
    const binary = process.env['PROJECT_SYNC_BIN'];
    if (!binary) throw new Error('PROJECT_SYNC_BIN is not set.');
    const child = spawn(binary, ['--data', join(this.#folder, 'data'), 'serve', '--listen', `127.0.0.1:${this.#port}`], {
      cwd: this.#folder,
      // Nothing of the machine's own settings and tokens.
      env: { PATH: process.env['PATH'], HOME: this.#folder, XDG_CONFIG_HOME: this.#folder, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-LOG_CHARACTERS);
      });
    }
    await this.#ready(child);
  }

  async #ready(child: ChildProcess): Promise<void> {
    const until = Date.now() + READY_MS;
    for (;;) {
      const answer = await fetch(`${this.origin}/readyz`).catch(() => undefined);
      if (answer?.ok) return;
      if (child.exitCode !== null || Date.now() > until) throw new Error(`The service does not answer.\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends the process as a crash would, or in order. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#dashboard?.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Connects a repository, and syncs a branch of it if one is named. */
  async connect(url: string, ...branches: string[]): Promise<string> {
    this.#connected += 1;
    const name = `${basename(url, '.git')} ${this.#connected}`;
    const { id } = await this.client.projects.create({ name, source: { kind: 'git', url } });
    for (const branch of branches) await this.sync(id, branch);
    return id;
  }

  /** Syncs a branch, to the end. */
  async sync(projectId: string, branch?: string): Promise<Sync> {
    const { sync } = await this.client.projects.sync.start(projectId, { branch });
    return this.ended(sync.id);
  }

  /** Waits for the end of a sync, as its events tell it. */
  async ended(syncId: string): Promise<Sync> {
    const answer = await fetch(this.client.events.sync(syncId));
    // The server ends the stream after the terminal event.
    await answer.text();
    return this.client.syncs.get(syncId);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (typeof address !== 'object' || !address) throw new Error('There is no port.');
  return address.port;
}
