// The real service, in one process or in several.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createClient, type Client, type Sync } from '@project-sync/react';
import { share, type Form, type Shared } from './form.js';
import { serveFront, type Front } from './front.js';

/** How long a service may take to answer. */
const READY_MS = 120_000;
/** How much of its log is kept, to be shown when something fails. */
const LOG_CHARACTERS = 16_384;

export interface ServiceOptions {
  form?: Form;
  /** More of its environment: settings are `PROJECT_SYNC__SECTION__KEY`. */
  env?: Record<string, string>;
  /** What the tests themselves are let in by, where the service asks who they are. */
  token?: string;
}

/** What a process is there for: the command that begins it. */
export type Role = 'serve' | 'api' | 'worker' | 'gateway';

const ROLES: Record<Form, Role[]> = {
  embedded: ['serve'],
  distributed: ['api', 'worker'],
  'distributed with a gateway': ['api', 'worker', 'gateway'],
};

export class Service {
  readonly #folder: string;
  readonly #env: Record<string, string>;
  readonly #shared: Shared | undefined;
  readonly #token: string | undefined;
  /** The ports of those that listen, once they do. */
  readonly #ports = new Map<Role, number>();
  readonly #roles: Role[];
  readonly #running = new Map<Role, ChildProcess>();
  #client: Client | undefined;
  #front: Front | undefined;
  #log = '';
  #connected = 0;

  private constructor(folder: string, roles: Role[], shared: Shared | undefined, env: Record<string, string>, token?: string) {
    this.#folder = folder;
    this.#roles = roles;
    this.#shared = shared;
    this.#token = token;
    this.#env = { ...shared?.env, ...env };
  }

  static async start({ form = 'embedded', env = {}, token }: ServiceOptions = {}): Promise<Service> {
    const folder = await mkdtemp(join(tmpdir(), 'project-sync-e2e-'));
    const shared = form === 'embedded' ? undefined : await share(binary());
    const service = new Service(folder, ROLES[form], shared, env, token);
    try {
      await service.run();
      await service.#begin();
    } catch (error) {
      await service.close();
      throw error;
    }
    return service;
  }

  /** What stands before it, if something has to. */
  async #begin(): Promise<void> {
    const api = this.#at('api') ?? this.#at('serve') ?? '';
    const gateway = this.#at('gateway');
    // The files that were built last are served beside a binary that has none or other ones in it.
    const { status } = await fetch(api);
    const isFromFiles = status === 404 || Boolean(process.env['PROJECT_SYNC_DIST']);
    if (gateway !== undefined || isFromFiles) this.#front = await serveFront({ api, gateway, isFromFiles });
    this.#client = createClient({ baseUrl: this.url, token: this.#token });
  }

  #at(role: Role): string | undefined {
    const port = this.#ports.get(role);
    return port === undefined ? undefined : `http://127.0.0.1:${port}`;
  }

  get client(): Client {
    if (!this.#client) throw new Error('Not started yet.');
    return this.#client;
  }

  /** Where dashboard and API are. */
  get url(): string {
    return this.#front?.url ?? this.#at('api') ?? this.#at('serve') ?? '';
  }

  get log(): string {
    return this.#log;
  }

  /** Begins the processes that do not run, on the same ports and with the same data, and waits until they answer. */
  async run(): Promise<void> {
    await Promise.all(this.#roles.filter((role) => !this.#running.has(role)).map((role) => this.#run(role)));
  }

  async #run(role: Role): Promise<void> {
    // At first any port that is free, and the same one ever after.
    const listen = role === 'worker' ? [] : ['--listen', `127.0.0.1:${this.#ports.get(role) ?? 0}`];
    const child = spawn(binary(), ['--data', join(this.#folder, 'data'), role, ...listen], {
      cwd: this.#folder,
      // Nothing of the machine's own settings and tokens.
      env: { PATH: process.env['PATH'], HOME: this.#folder, XDG_CONFIG_HOME: this.#folder, ...this.#env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.set(role, child);
    let said = '';
    child.stdout.on('data', (text: string) => {
      if (said.length < LOG_CHARACTERS) said += text;
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-LOG_CHARACTERS);
      });
    }
    const isReady = async () => {
      // A worker answers nobody: it says that it is ready.
      if (role === 'worker') return / ready$/m.test(said);
      const port = /^listening on http:\/\/127\.0\.0\.1:(\d+)$/m.exec(said)?.[1];
      if (port === undefined) return false;
      this.#ports.set(role, Number(port));
      return (await fetch(`${this.#at(role)}/readyz`).catch(() => undefined))?.ok ?? false;
    };
    const until = Date.now() + READY_MS;
    while (!(await isReady())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) throw new Error(`There is no ${role}.\n${this.#log}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends processes as a crash would, or in order; all of them, if none is named. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL', ...roles: Role[]): Promise<void> {
    const ending = [...this.#running].filter(([role]) => roles.length === 0 || roles.includes(role));
    await Promise.all(
      ending.map(async ([role, child]) => {
        this.#running.delete(role);
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill(signal);
        await gone;
      }),
    );
  }

  async close(): Promise<void> {
    await this.kill();
    await this.#front?.close();
    await this.#shared?.remove();
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
    const headers: Record<string, string> = this.#token ? { Authorization: `Bearer ${this.#token}` } : {};
    const answer = await fetch(this.client.events.sync(syncId), { headers });
    // The server ends the stream after the terminal event.
    await answer.text();
    return this.client.syncs.get(syncId);
  }
}

function binary(): string {
  const path = process.env['PROJECT_SYNC_BIN'];
  if (!path) throw new Error('PROJECT_SYNC_BIN is not set.');
  return path;
}
