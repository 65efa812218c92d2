// @vitest-environment happy-dom
import { cleanup, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { FileEntry, Job, MemoryEntry, Problem, ProjectDetail, Sync } from '@project-sync/react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fail, network, ok, type Network } from './network.js';
import { at, found, show } from './show.js';

const ID = '0190d3f0-0000-7000-8000-00000000000a';
const LONG = 'a-name-that-goes-on-and-on-'.repeat(8);
const BROKEN = fail(503, 'database-unavailable', 'The database does not answer', 'It is being restarted.');

let net: Network;

beforeEach(() => {
  net = network();
  net.answers.set(`GET /api/v1/projects/${ID}`, ok(project()));
  net.answers.set(`GET /api/v1/projects/${ID}/sync/status`, ok({ branch: 'main', sync: null, phases: [] }));
});
afterEach(() => {
  cleanup();
  net.restore();
});

function project(over: Partial<ProjectDetail> = {}): ProjectDetail {
  return {
    id: ID,
    name: 'harbour',
    source: { kind: 'git', url: '/srv/harbour.git' },
    createdAt: '2026-01-02T03:00:00Z',
    defaultBranch: 'main',
    branches: [],
    counts: { files: 0, memory: 0 },
    ...over,
  };
}

describe('projects', () => {
  const path = 'GET /api/v1/projects';

  test('says that they are being loaded', async () => {
    net.answers.set(path, 'pending');
    show('/');
    expect(await found('Loading projects…')).toBeTruthy();
    expect(screen.queryByText('No project yet')).toBeNull();
  });

  test('without any, says what to do', async () => {
    net.answers.set(path, ok({ items: [] }));
    show('/');
    expect(await found('No project yet')).toBeTruthy();
    await waitFor(() => expect(document.activeElement).toBe(screen.getByLabelText('Repository')));
  });

  test('that cannot be told say why, and can be asked for again', async () => {
    net.answers.set(path, BROKEN);
    show('/');
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    net.answers.set(path, ok({ items: [project()] }));
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await found('harbour')).toBeTruthy();
  });

  test('a server that is away is told apart from one that refuses', async () => {
    net.answers.set(path, 'down');
    show('/');
    expect((await screen.findByRole('alert')).textContent).toContain('The server does not answer');
  });

  test('very long names stay whole for those who hear them, and pages follow', async () => {
    net.answers.set(path, (url) =>
      url.searchParams.has('cursor') ? { items: [project({ id: 'b', name: 'second' })] } : { items: [project({ name: LONG })], nextCursor: 'x' },
    );
    show('/');
    expect(await found(LONG)).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Show more' }));
    expect(await found('second')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Show more' })).toBeNull();
  });

  test('a repository that is refused says so where it was typed', async () => {
    net.answers.set(path, ok({ items: [] }));
    const refused = fail(422, 'invalid-value', 'A value is not acceptable', 'it is no repository');
    net.answers.set('POST /api/v1/projects', { ...refused, body: { ...refused.body, field: 'source.url' } satisfies Problem });
    show('/');
    const field = await screen.findByLabelText('Repository');
    await userEvent.type(field, '/nowhere{Enter}');
    expect((await screen.findByRole('alert')).textContent).toContain('it is no repository');
    expect(field.getAttribute('aria-invalid')).toBe('true');
  });
});

describe('a project', () => {
  test('that is not there says so, and leads back', async () => {
    net.answers.set(`GET /api/v1/projects/${ID}`, fail(404, 'project-not-found', 'No such project', 'there is none'));
    show(`/projects/${ID}`);
    expect((await screen.findByRole('alert')).textContent).toContain('No such project');
    expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Project');
  });

  test('is removed only when its name was typed; a refusal is told', async () => {
    show(`/projects/${ID}`);
    await userEvent.click(await screen.findByRole('button', { name: 'Remove…' }));
    const dialog = screen.getByRole('dialog', { name: 'Remove harbour?' });
    const button = within(dialog).getByRole('button', { name: 'Remove the project' }) as HTMLButtonElement;
    await userEvent.type(within(dialog).getByRole('textbox'), 'harbou');
    expect(button.disabled).toBe(true);
    net.answers.set(`DELETE /api/v1/projects/${ID}`, fail(409, 'project-busy', 'The project is busy', 'a sync of it runs'));
    await userEvent.type(within(dialog).getByRole('textbox'), 'r');
    await userEvent.click(button);
    expect((await within(dialog).findByRole('alert')).textContent).toContain('a sync of it runs');
    net.answers.set(`DELETE /api/v1/projects/${ID}`, { status: 204, body: null });
    net.answers.set('GET /api/v1/projects', ok({ items: [] }));
    await userEvent.click(button);
    expect(await found('No project yet')).toBeTruthy();
    expect(net.asked).toContain(`DELETE /api/v1/projects/${ID}?confirm=harbour`);
  });
});

describe('files', () => {
  const path = `GET /api/v1/projects/${ID}/files`;
  const file = (i: number): FileEntry => ({ path: `src/${i}.ts`, mode: '100644', kind: 'file', isStored: true, size: i, blobId: 'b' });

  test('loading, none, and an error', async () => {
    net.answers.set(path, 'pending');
    const { unmount } = show(`/projects/${ID}/files`);
    expect(await found('Loading files…')).toBeTruthy();
    unmount();
    net.answers.set(path, ok({ items: [] }));
    const second = show(`/projects/${ID}/files`);
    expect(await found('No files here')).toBeTruthy();
    second.unmount();
    net.answers.set(path, BROKEN);
    show(`/projects/${ID}/files`);
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
  });

  test('of ten thousand only those are drawn that can be seen', async () => {
    net.answers.set(path, ok({ items: Array.from({ length: 10_000 }, (_, i) => file(i)) }));
    show(`/projects/${ID}/files`);
    expect(await found('10,000 files')).toBeTruthy();
    const rows = within(screen.getByRole('region', { name: 'Files' })).getAllByRole('listitem');
    expect(rows.length).toBeLessThan(60);
    expect(rows[0]?.getAttribute('aria-setsize')).toBe('10000');
  });

  test('the address says which are shown', async () => {
    net.answers.set(path, ok({ items: [file(1)] }));
    net.answers.set('GET /api/v1/syncs/s-1', ok({ number: 4, createdAt: at, finishedAt: at }));
    show(`/projects/${ID}/files?branch=wip&at=s-1&q=src`);
    expect(await found('1 file')).toBeTruthy();
    expect(net.asked).toContainEqual(expect.stringMatching(/files\?branch=wip&at=s-1&query=src/));
    await userEvent.clear(screen.getByRole('searchbox'));
    await waitFor(() => expect(window.location.search).toBe('?branch=wip&at=s-1'));
    await userEvent.click(screen.getByRole('button', { name: 'Back to the latest' }));
    await waitFor(() => expect(window.location.search).toBe('?branch=wip'));
  });

  test('any state can be chosen, page by page', async () => {
    net.answers.set(path, ok({ items: [file(1)] }));
    const sync = (number: number) => ({ id: `s-${number}`, number, kind: 'sync', summary: `Commit ${number}`, forgotten: number === 898, createdAt: at, finishedAt: at }) as Sync;
    net.answers.set(`GET /api/v1/projects/${ID}/sync/history`, (url) =>
      url.searchParams.has('cursor')
        ? { items: Array.from({ length: 400 }, (_, i) => sync(400 - i)) }
        : { items: Array.from({ length: 500 }, (_, i) => sync(900 - i)), nextCursor: 'x' },
    );
    net.answers.set('GET /api/v1/syncs/s-899', ok(sync(899)));
    show(`/projects/${ID}/files`);
    await userEvent.click(await screen.findByRole('button', { name: /Latest state/ }));
    const dialog = screen.getByRole('dialog');
    await within(dialog).findByText(/#900/);
    expect(within(dialog).getAllByRole('listitem').length).toBeLessThan(100);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Show earlier ones' }));
    await waitFor(() => expect(within(dialog).getAllByRole('listitem')[0]?.getAttribute('aria-setsize')).toBe('900'));
    // What is not kept any more cannot be.
    expect((within(dialog).getByRole('button', { name: /#898.*forgotten/ }) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.click(within(dialog).getByRole('button', { name: /#899/ }));
    await waitFor(() => expect(window.location.search).toBe('?at=s-899'));
    expect(await screen.findByRole('button', { name: /State: #899/ })).toBeTruthy();
  });
});

describe('memory', () => {
  const path = `GET /api/v1/projects/${ID}/memory`;
  const entry = (id: number, over: Partial<MemoryEntry> = {}): MemoryEntry => ({
    id,
    kind: 'guide',
    key: `k${id}`,
    title: `Entry ${id}`,
    path: 'AGENTS.md',
    headingPath: ['Agents', `Entry ${id}`],
    body: `Body ${id}`,
    contentHash: 'h',
    validFrom: 1,
    isSuperseded: false,
    ...over,
  });

  test('none, an error, and what is superseded', async () => {
    net.answers.set(path, ok({ items: [] }));
    const first = show(`/projects/${ID}/memory`);
    expect(await found('No memory here')).toBeTruthy();
    first.unmount();
    net.answers.set(path, BROKEN);
    const second = show(`/projects/${ID}/memory`);
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    second.unmount();
    net.answers.set(path, (url) => ({ items: url.searchParams.get('all') === 'true' ? [entry(1), entry(2, { isSuperseded: true, validTo: 7 })] : [entry(1)] }));
    show(`/projects/${ID}/memory`);
    expect(await found('Entry 1')).toBeTruthy();
    expect(screen.queryByText('Entry 2')).toBeNull();
    await userEvent.click(screen.getByRole('checkbox', { name: 'Superseded too' }));
    expect(await found('superseded by #7')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: /Entry 1/ }));
    expect(within(screen.getByRole('dialog')).getByText('Body 1')).toBeTruthy();
  });

  test('of ten thousand only those are drawn that can be seen', async () => {
    net.answers.set(path, ok({ items: Array.from({ length: 10_000 }, (_, i) => entry(i, { title: LONG })) }));
    show(`/projects/${ID}/memory`);
    expect(await found('10,000 entries')).toBeTruthy();
    expect(within(screen.getByRole('list', { name: 'Memory' })).getAllByRole('listitem').length).toBeLessThan(100);
  });
});

describe('the queue', () => {
  const depth = { count: 0 };
  const queue = { ready: depth, delayed: depth, running: depth, dead: depth, workers: [], pauses: [] };
  const job = { id: 'j-1', projectId: ID, project: LONG, branch: LONG, kind: 'sync', status: 'failed', createdAt: at, error: { code: 'io', message: 'no space left' } };

  beforeEach(() => {
    net.answers.set('GET /api/v1/admin/queue', ok(queue));
    net.answers.set('GET /api/v1/admin/jobs', ok({ items: [] }));
    net.answers.set('GET /api/v1/admin/dead', ok({ items: [] }));
  });

  test('loading, an error, and nothing in it', async () => {
    net.answers.set('GET /api/v1/admin/queue', 'pending');
    const first = show('/queue');
    expect(await found('Loading the queue…')).toBeTruthy();
    first.unmount();
    net.answers.set('GET /api/v1/admin/queue', BROKEN);
    const second = show('/queue');
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    second.unmount();
    net.answers.set('GET /api/v1/admin/queue', ok(queue));
    show('/queue');
    for (const text of ['Nothing runs.', 'Nothing waits.', 'Nothing was given up.', 'none was heard of']) expect(await found(text)).toBeTruthy();
  });

  test('what is paused says since when and why, and goes on', async () => {
    net.answers.set('GET /api/v1/admin/queue', ok({ ...queue, pauses: [{ since: at, reason: LONG }], error: 'redis is away' }));
    net.answers.set('POST /api/v1/admin/queue/resume', ok({ changed: true }));
    show('/queue');
    expect(await found('Everything is paused')).toBeTruthy();
    expect(screen.getByText('redis is away')).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Pause…' })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Resume' }));
    await waitFor(() => expect(net.asked).toContain('POST /api/v1/admin/queue/resume'));
  });

  test('what failed is tried again only after a question; filters go to the server', async () => {
    net.answers.set('GET /api/v1/admin/jobs', ok({ items: [job as Job] }));
    net.answers.set('POST /api/v1/admin/jobs/j-1/requeue', ok({}));
    show('/queue?status=failed&trigger=cli&error=io');
    await found('The disk or a file could not be used');
    expect(net.asked.find((line) => line.includes('/admin/jobs'))).toMatch(/status=failed/);
    expect(net.asked.find((line) => line.includes('/admin/jobs'))).toMatch(/trigger=cli.*errorCode=io|errorCode=io.*trigger=cli/);
    await userEvent.click(screen.getByRole('button', { name: /^Try again/ }));
    expect(net.asked.some((line) => line.startsWith('POST'))).toBe(false);
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(net.asked).toContain('POST /api/v1/admin/jobs/j-1/requeue');
  });

  test('what was given up is removed one by one or all together', async () => {
    const dead = [1, 2].map((n) => ({ id: `d-${n}`, code: 'io', message: `number ${n}`, attempts: n, createdAt: at }));
    net.answers.set('GET /api/v1/admin/dead', ok({ items: dead }));
    net.answers.set('DELETE /api/v1/admin/dead/d-1', { status: 204, body: null });
    net.answers.set('POST /api/v1/admin/dead/purge', fail(409, 'busy', 'It cannot be done now', 'later'));
    show('/queue');
    await found('number 1');
    await userEvent.click(screen.getAllByRole('button', { name: 'Remove' })[0]!);
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(net.asked).toContain('DELETE /api/v1/admin/dead/d-1'));
    await userEvent.click(await screen.findByRole('button', { name: 'Remove all' }));
    await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: 'Remove' }));
    expect((await within(screen.getByRole('dialog')).findByRole('alert')).textContent).toContain('later');
  });
});

describe('settings', () => {
  const values = {
    api: { listen: '127.0.0.1:8080', token: '(set)', token_file: null },
    memory: { enabled: true, exclude: [], letters: ['.memory/**/*.md', LONG] },
    worker: { concurrency: 4 },
  };

  beforeEach(() => {
    net.answers.set('GET /api/v1/admin/doctor', ok({ status: 'ok', checks: [] }));
    net.answers.set('GET /api/v1/settings', ok({ sections: values }));
  });

  test('tell how each part is, and what to do', async () => {
    net.answers.set('GET /api/v1/admin/doctor', ok({ status: 'fail', checks: [{ name: 'clock', status: 'fail', detail: LONG, advice: 'Set it.' }] }));
    show('/settings');
    expect(await found('Set it.')).toBeTruthy();
    expect(screen.getByText('Broken')).toBeTruthy();
  });

  test('are shown by section, to be read and not to be changed', async () => {
    show('/settings');
    const shown = async (section: string) => {
      const terms = within(await screen.findByRole('region', { name: section })).getAllByRole('term');
      return Object.fromEntries(terms.map((term) => [term.textContent, term.nextElementSibling?.textContent]));
    };
    expect(await shown('api')).toEqual({ listen: '127.0.0.1:8080', token: '(set)', token_file: 'not set' });
    expect(await shown('memory')).toEqual({ enabled: 'true', exclude: 'none', letters: `.memory/**/*.md${LONG}` });
    expect(await shown('worker')).toEqual({ concurrency: '4' });
    expect(screen.getByText('7 settings')).toBeTruthy();
    // The filter is the only thing that can be written here.
    expect(screen.queryAllByRole('textbox').map((field) => field.id)).toEqual([]);
  });

  test('are filtered by section, key and value', async () => {
    show('/settings');
    const filter = await screen.findByRole('searchbox', { name: 'Filter settings' });
    const names = () => screen.queryAllByRole('term').map((term) => term.textContent);
    for (const [typed, expected] of [
      ['TOKEN', ['token', 'token_file']],
      ['worker.conc', ['concurrency']],
      ['8080', ['listen']],
      ['api set', ['token', 'token_file']],
      ['not set', ['token_file']],
    ] as const) {
      await userEvent.clear(filter);
      await userEvent.type(filter, typed);
      expect(names(), typed).toEqual(expected);
    }
    await userEvent.clear(filter);
    await userEvent.type(filter, 'nothing like it');
    expect(await found('No setting holds “nothing like it”')).toBeTruthy();
    expect(names()).toEqual([]);
  });

  test('loading, and an error beside checks that are fine', async () => {
    net.answers.set('GET /api/v1/settings', 'pending');
    const first = show('/settings');
    expect(await found('Loading settings…')).toBeTruthy();
    first.unmount();
    net.answers.set('GET /api/v1/admin/doctor', ok({ status: 'ok', checks: [{ name: 'clock', status: 'ok', detail: 'in step' }] }));
    net.answers.set('GET /api/v1/settings', BROKEN);
    show('/settings');
    expect((await screen.findByRole('alert')).textContent).toContain('It is being restarted.');
    expect(await found('in step')).toBeTruthy();
  });

  test('say why they cannot be told', async () => {
    net.answers.set('GET /api/v1/admin/doctor', fail(403, 'forbidden', 'It is not allowed', 'operators only'));
    show('/settings');
    expect((await screen.findByRole('alert')).textContent).toContain('operators only');
  });

  test('tell of a server that is open to its own machine', async () => {
    show('/settings');
    expect(await found('Open to this machine only.')).toBeTruthy();
  });
});

test('an address that leads nowhere leads to the projects', async () => {
  net.answers.set('GET /api/v1/projects', ok({ items: [] }));
  show('/no/such/page');
  expect(await found('No project yet')).toBeTruthy();
});
