// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../src/api/client.js';
import { useProjectSync } from '../src/sync/use-project-sync.js';
import { SyncControls } from '../src/ui/sync-controls.js';
import { SyncHistory } from '../src/ui/sync-history.js';
import { answer, COUNTS, events, PROJECT, projectSnapshot, reduce, snapshotOf, syncId, wholeSync, at } from './samples.js';
import { branch as sample, startService, type Service } from './service.js';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  cleanup();
  await service.close();
});

function Page({ initial, branch: only, mayOnlyLook = false }: { initial?: string; branch?: string; mayOnlyLook?: boolean }) {
  const [client] = useState(() => createClient({ baseUrl: service.url }));
  const [branch, setBranch] = useState(initial);
  const projectSync = useProjectSync(PROJECT, { client, branch });
  return (
    <>
      <p data-testid="branch">{branch ?? 'none'}</p>
      <SyncControls client={client} projectSync={projectSync} branch={branch} onBranchChange={setBranch} canSync={!mayOnlyLook} />
      <SyncHistory client={client} projectSync={projectSync} branch={only} canRestore={!mayOnlyLook} />
    </>
  );
}

const posted = () => service.requests.filter((request) => request.line.startsWith('POST'));
const combobox = () => screen.getByRole('combobox', { name: 'Branch' }) as HTMLInputElement;
const options = () => screen.queryAllByRole('option').map((option) => option.querySelector('.ps-option-name')?.textContent);
const running = () => {
  const sync = reduce(events(wholeSync().slice(0, 6))).syncs[syncId(1)]!;
  service.snapshot = projectSnapshot(snapshotOf(sync));
};

describe('the branch picker', () => {
  test('lists branches, marks the default and the chosen one, and says how each stands', async () => {
    render(<Page initial="next" />);
    await userEvent.click(combobox());
    await waitFor(() => expect(options()).toEqual(['main', 'next']));
    const [main, next] = screen.getAllByRole('option');
    expect(main!.textContent).toBe('maindefaultup to date');
    expect(next!.getAttribute('aria-selected')).toBe('true');
    expect(next!.textContent).toContain('never synced');
    expect(combobox().getAttribute('aria-activedescendant')).toBe(next!.id);
  });

  test('is used with keys alone', async () => {
    render(<Page />);
    combobox().focus();
    await userEvent.keyboard('{ArrowDown}');
    await waitFor(() => expect(options()).toHaveLength(2));
    await userEvent.keyboard('{ArrowDown}{Enter}');
    expect(screen.getByTestId('branch').textContent).toBe('next');
    expect(combobox().value).toBe('next');
    expect(combobox().getAttribute('aria-expanded')).toBe('false');
    await userEvent.keyboard('{ArrowDown}{Escape}');
    expect(combobox().getAttribute('aria-expanded')).toBe('false');
    expect(screen.getByTestId('branch').textContent).toBe('next');
  });

  test('finds as one types', async () => {
    service.branches = [sample('main', { isDefault: true }), sample('fix/Tabs'), sample('feature/tables')];
    render(<Page />);
    await userEvent.click(combobox());
    await waitFor(() => expect(options()).toHaveLength(3));
    await userEvent.keyboard('TAB');
    expect(options()).toEqual(['fix/Tabs', 'feature/tables']);
    await userEvent.keyboard('xyz');
    expect(screen.getByText('No branch holds “TABxyz”')).toBeTruthy();
  });

  test('draws few of many, and asks the server for those that it was not given', async () => {
    service.branches = Array.from({ length: 5_000 }, (_, i) => sample(`topic/${String(i).padStart(4, '0')}`));
    render(<Page />);
    await userEvent.click(combobox());
    await waitFor(() => expect(screen.getByText('The first 500 of 5,000: type to find others')).toBeTruthy());
    expect(options().length).toBeLessThan(40);
    await userEvent.keyboard('4321');
    await waitFor(() => expect(options()).toEqual(['topic/4321']));
    await userEvent.keyboard('{Enter}');
    expect(screen.getByTestId('branch').textContent).toBe('topic/4321');
  });

  test('goes to the last of many with a key', async () => {
    service.branches = Array.from({ length: 300 }, (_, i) => sample(`topic/${i}`));
    render(<Page />);
    await userEvent.click(combobox());
    await waitFor(() => expect(options().length).toBeGreaterThan(0));
    await userEvent.keyboard('{Control>}{End}{/Control}');
    await waitFor(() => expect(options()).toContain('topic/299'));
    const active = document.getElementById(combobox().getAttribute('aria-activedescendant') ?? '');
    expect(active?.getAttribute('aria-posinset')).toBe('300');
  });

  test('says when the repository cannot be asked, and tries again', async () => {
    const path = `GET /api/v1/projects/${PROJECT}/sync/branches`;
    const body = { type: 'urn:project-sync:problem:source-unreachable', title: 'Source unreachable', status: 502, detail: 'x' };
    service.instead.set(path, { status: 502, body });
    render(<Page />);
    await userEvent.click(combobox());
    await waitFor(() => expect(screen.getByText(/Source unreachable/)).toBeTruthy());
    service.instead.clear();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(options()).toHaveLength(2));
  });
});

describe('the button', () => {
  test('starts, then cancels', async () => {
    render(<Page />);
    await waitFor(() => expect(service.listeners()).toBe(1));
    await userEvent.click(screen.getByRole('button', { name: 'Sync now' }));
    await waitFor(() => expect(screen.getByRole('button', { name: 'Cancel' })).toBeTruthy());
    expect(posted()).toMatchObject([{ line: `POST /api/v1/projects/${PROJECT}/sync`, body: {} }]);
    await userEvent.click(screen.getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.getByRole('button', { name: 'Cancelling…' })).toBeTruthy());
    await waitFor(() => expect(posted()[1]?.line).toBe(`POST /api/v1/syncs/${syncId(90)}/cancel`));
  });

  test('a double click starts and does not cancel', async () => {
    render(<Page />);
    await waitFor(() => expect(service.listeners()).toBe(1));
    fireEvent.click(screen.getByRole('button', { name: 'Sync now' }), { detail: 1 });
    // The answer may come between the two clicks.
    const cancel = await screen.findByRole('button', { name: 'Cancel' });
    fireEvent.click(cancel, { detail: 2 });
    expect(screen.getByRole('button', { name: 'Cancel' })).toBe(cancel);
    fireEvent.click(cancel, { detail: 1 });
    await waitFor(() => expect(posted()).toHaveLength(2));
  });

  test('shows why a request was refused', async () => {
    const body = { type: 'urn:project-sync:problem:branch-busy', title: 'The branch is busy', status: 409, detail: 'A restore runs.' };
    service.instead.set(`POST /api/v1/projects/${PROJECT}/sync`, { status: 409, body });
    render(<Page />);
    await userEvent.click(screen.getByRole('button', { name: 'Sync now' }));
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('A restore runs.'));
    await userEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
    expect(screen.queryByRole('alert')).toBeNull();
  });

  test('the menu compares everything anew, or asks for one more', async () => {
    running();
    render(<Page />);
    await waitFor(() => expect(screen.getByRole('button', { name: 'Cancel' })).toBeTruthy());
    await userEvent.click(screen.getByRole('button', { name: 'More' }));
    const [anew, more] = screen.getAllByRole('menuitem');
    expect(anew!.getAttribute('aria-disabled')).toBe('true');
    await userEvent.click(anew!);
    expect(posted()).toHaveLength(0);
    await userEvent.keyboard('{ArrowDown}');
    expect(document.activeElement).toBe(more);
    await userEvent.keyboard('{Enter}');
    await waitFor(() => expect(posted()[0]?.body).toEqual({ queueNext: true }));
  });

  test('the menu closes with Escape and gives the focus back', async () => {
    render(<Page />);
    const button = screen.getByRole('button', { name: 'More' });
    await userEvent.click(button);
    await userEvent.keyboard('{Escape}');
    expect(screen.queryByRole('menu')).toBeNull();
    expect(document.activeElement).toBe(button);
  });
});

describe('the history', () => {
  const chain = () => [
    answer({ id: syncId(5), number: null, status: 'failed', error: { code: 'rate-limited', message: 'until noon' }, phase: 'import' }),
    answer({ id: syncId(4), number: 3, kind: 'restore', restoreOf: 1, summary: 'First', trigger: 'cli' }),
    answer({ id: syncId(3), number: null, status: 'cancelled', summary: null, commit: null }),
    answer({ id: syncId(2), number: 2, summary: 'Second', trigger: 'webhook', attempts: 2 }),
    answer({ id: syncId(1), number: 1, summary: 'First', trigger: 'schedule', counts: { ...COUNTS, added: 1_204 } }),
  ];
  const rows = () => screen.getAllByRole('listitem').filter((item) => item.classList.contains('ps-history-row'));

  test('is empty before the first sync', async () => {
    render(<Page />);
    await waitFor(() => expect(screen.getByText('No sync yet. The first one will be listed here.')).toBeTruthy());
  });

  test('tells of each what it was, what it changed, how long it took, who began it', async () => {
    service.history = chain();
    render(<Page />);
    await waitFor(() => expect(rows()).toHaveLength(5));
    const texts = rows().map((row) => row.textContent);
    expect(texts[0]).toContain('The host asks for a pause');
    expect(texts[1]).toContain('Restored to #1');
    expect(texts[1]).toContain('terminal');
    expect(texts[1]).toContain('now');
    expect(texts[2]).toContain('Cancelled');
    expect(texts[3]).toContain('2 tries');
    expect(texts[4]).toContain('1,204 files added');
    expect(texts[4]).toContain('12 s');
  });

  test('comes page by page', async () => {
    service.history = Array.from({ length: 120 }, (_, i) => answer({ id: syncId(i + 1), number: 120 - i }));
    render(<Page />);
    await waitFor(() => expect(rows()).toHaveLength(50));
    await userEvent.click(screen.getByRole('button', { name: 'Show earlier ones' }));
    await waitFor(() => expect(rows()).toHaveLength(120));
    expect(screen.queryByRole('button', { name: 'Show earlier ones' })).toBeNull();
  });

  test('draws of very many only those that can be seen', async () => {
    service.history = Array.from({ length: 550 }, (_, i) => answer({ id: syncId(i + 1), number: 550 - i }));
    render(<Page />);
    await userEvent.click(await screen.findByRole('button', { name: 'Show earlier ones' }));
    await waitFor(() => expect(rows()[0]?.getAttribute('aria-setsize')).toBe('550'));
    expect(rows().length).toBeLessThan(100);
    const list = rows()[0]?.parentElement;
    expect(Number.parseInt(list?.style.paddingBlockEnd ?? '', 10)).toBeGreaterThan(450 * 62);
  });

  test('is told anew when a sync ends', async () => {
    running();
    render(<Page />);
    await waitFor(() => expect(service.listeners()).toBe(1));
    await waitFor(() => expect(screen.getByRole('button', { name: 'Cancel' })).toBeTruthy());
    service.history = [answer({ summary: 'Fresh from the oven' })];
    service.tell({ type: 'cancelled', syncId: syncId(1), seq: 7, at: at(20) });
    await waitFor(() => expect(screen.getByText('Fresh from the oven')).toBeTruthy());
  });

  test('says why it cannot be told, and tries again', async () => {
    const path = `GET /api/v1/projects/${PROJECT}/sync/history`;
    const body = { type: 'urn:project-sync:problem:database-unavailable', title: 'Database unavailable', status: 503, detail: 'x' };
    service.instead.set(path, { status: 503, body });
    render(<Page />);
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('Database unavailable'));
    service.instead.clear();
    service.history = chain();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await waitFor(() => expect(rows()).toHaveLength(5));
  });

  test('compares a sync with any other of its branch', async () => {
    service.history = chain();
    service.diff = {
      syncId: syncId(2),
      files: [
        { change: 'added', path: 'src/new.rs' },
        { change: 'renamed', path: 'b.md', from: { path: 'a.md' } },
      ],
      memory: [{ change: 'replaced', kind: 'guide', key: 'AGENTS.md#x', title: 'How we test' }],
    };
    render(<Page />);
    await userEvent.click(await screen.findByRole('button', { name: 'Changes of #2 of main' }));
    const dialog = screen.getByRole('dialog', { name: 'Changes of main #2' });
    await waitFor(() => expect(within(dialog).getByText('src/new.rs')).toBeTruthy());
    expect(within(dialog).getByText('from a.md')).toBeTruthy();
    await userEvent.selectOptions(within(dialog).getByRole('combobox'), syncId(1));
    await waitFor(() =>
      expect(service.requests.some(({ line }) => line.includes(`${syncId(2)}/diff?against=${syncId(1)}&part=files`))).toBe(true),
    );
    await userEvent.click(within(dialog).getByRole('tab', { name: 'Memory' }));
    await waitFor(() => expect(within(dialog).getByText('How we test')).toBeTruthy());
    await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('restores only after a look at what it would change', async () => {
    service.history = chain();
    service.diff = { syncId: syncId(1), files: [], memory: [{ change: 'created', kind: 'letter', key: 'k', title: 'An old letter' }] };
    render(<Page />);
    expect(((await screen.findByRole('button', { name: 'Restore memory to #3 of main' })) as HTMLButtonElement).disabled).toBe(true);
    await userEvent.click(screen.getByRole('button', { name: 'Restore memory to #1 of main' }));
    const dialog = screen.getByRole('dialog', { name: 'Restore main to #1?' });
    await waitFor(() => expect(within(dialog).getByText('An old letter')).toBeTruthy());
    // From what is there now to what would be there.
    expect(service.requests.some(({ line }) => line.includes(`${syncId(1)}/diff?against=${syncId(4)}&part=memory`))).toBe(true);
    expect(posted()).toHaveLength(0);
    await userEvent.click(within(dialog).getByRole('button', { name: 'Restore to #1' }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(posted()).toMatchObject([{ line: `POST /api/v1/projects/${PROJECT}/sync/restore`, body: { syncId: syncId(1) } }]);
  });

  test('what is not kept any more stays listed, with nothing to look at or to go back to', async () => {
    const [, head, , second, first] = chain();
    service.history = [head!, second!, { ...first!, forgotten: true }];
    render(<Page />);
    await waitFor(() => expect(rows()).toHaveLength(3));
    expect(rows().map((row) => within(row).queryByText('forgotten') !== null)).toEqual([false, false, true]);
    expect(rows().map((row) => within(row).queryAllByRole('button').length)).toEqual([2, 2, 0]);
    await userEvent.click(screen.getByRole('button', { name: 'Changes of #3 of main' }));
    const others = within(screen.getByRole('dialog')).getAllByRole('option').map((option) => option.textContent);
    expect(others).toEqual(['the sync before it', '#2 Second']);
  });

  test('a restore that is refused says why and stays', async () => {
    service.history = chain();
    const body = { type: 'urn:project-sync:problem:branch-busy', title: 'The branch is busy', status: 409, detail: 'A sync runs.' };
    service.instead.set(`POST /api/v1/projects/${PROJECT}/sync/restore`, { status: 409, body });
    render(<Page />);
    await userEvent.click(await screen.findByRole('button', { name: 'Restore memory to #1 of main' }));
    await userEvent.click(screen.getByRole('button', { name: 'Restore to #1' }));
    await waitFor(() => expect(within(screen.getByRole('dialog')).getByText('A sync runs.')).toBeTruthy());
  });
});

test('whoever may only look is offered nothing else', async () => {
  service.history = [answer({ id: syncId(2), number: 8 }), answer()];
  render(<Page mayOnlyLook />);
  expect(await screen.findAllByRole('button', { name: /^Changes/ })).toHaveLength(2);
  expect(screen.getByText('You may look, but not sync.')).toBeTruthy();
  expect(screen.queryByRole('button', { name: /^(Restore|Sync now|Cancel|More)/ })).toBeNull();
});
