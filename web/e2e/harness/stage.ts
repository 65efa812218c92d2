// What most tests need: a browser, a service, and repositories that go away with them.
import { afterAll, afterEach, beforeAll, expect, onTestFailed } from 'vitest';
import { errorsOf, launch, open, type Browser, type OpenOptions, type Page } from './browser.js';
import { GitServer } from './git-server.js';
import { Repository } from './repository.js';
import { Service, type ServiceOptions } from './service.js';

export interface Stage {
  readonly service: Service;
  readonly browser: Browser;
  /** A window of its own at a path of the dashboard. */
  page: (path?: string, options?: OpenOptions) => Promise<Page>;
  repository: (name?: string) => Promise<Repository>;
  /** A host for it that can be held. */
  host: (repository: Repository) => Promise<GitServer>;
}

/** One service for all tests of a file; windows, repositories and hosts are of the test that asks for them. */
export function stage(options: ServiceOptions = {}): Stage {
  let service: Service | undefined;
  let browser: Browser | undefined;
  let pages: Page[] = [];
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    [service, browser] = await Promise.all([Service.start(options), launch()]);
  });
  afterEach(async () => {
    const errors = pages.flatMap(errorsOf);
    await Promise.all(pages.map((page) => page.context().close()));
    pages = [];
    expect(errors).toEqual([]);
  });
  afterAll(async () => {
    await browser?.close();
    await service?.close();
    for (const close of closing) await close();
  });

  const there = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error('Not started yet.');
    return thing;
  };
  return {
    get service() {
      return there(service);
    },
    get browser() {
      return there(browser);
    },
    page: async (path = '/', how = {}) => {
      const page = await open(there(browser), `${there(service).url}${path}`, how);
      pages.push(page);
      onTestFailed(() => console.error(there(service).log));
      return page;
    },
    repository: async (name) => {
      const repository = await Repository.make(name);
      closing.push(() => repository.remove());
      return repository;
    },
    host: async (repository) => {
      const host = await GitServer.start(repository);
      closing.unshift(() => host.close());
      return host;
    },
  };
}
