// @vitest-environment happy-dom
import { act, cleanup, render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { ProgressEvent } from '../src/events.js';
import { initialSyncState, type SyncState } from '../src/sync/reducer.js';
import { currentSync, phaseViews, progressOf, statsOf, followerOf, activeSyncs } from '../src/sync/select.js';
import type { ProjectSync } from '../src/sync/use-project-sync.js';
import { isEnded } from '../src/sync/view.js';
import { explainSyncError } from '../src/sync/words.js';
import { SyncBanner } from '../src/ui/sync-banner.js';
import { COMPLETED, events, numbered, phasesRun, PHASES, PROJECT, queued, reduce, syncId, wholeSync, type BareEvent } from './samples.js';

afterEach(() => {
  cleanup();
  vi.useRealTimers();
});

const knowsPhases: SyncState = { ...initialSyncState, phasesOf: { sync: PHASES } };

/** What the hook gives for these events. */
function shown(list: ProgressEvent[], over: Partial<ProjectSync> = {}): ProjectSync {
  const state = reduce(events(list), knowsPhases);
  const sync = currentSync(state);
  const none = () => Promise.resolve(undefined);
  return {
    projectId: PROJECT,
    sync,
    next: followerOf(state, sync),
    active: activeSyncs(state),
    phases: phaseViews(sync),
    progress: progressOf(sync),
    stats: statsOf(sync),
    isRunning: sync !== undefined && !isEnded(sync),
    isLoading: false,
    error: sync?.error ? explainSyncError(sync.error) : undefined,
    connection: 'open',
    retryAt: undefined,
    connectionError: undefined,
    reconnect: () => {},
    pendingAction: undefined,
    actionError: undefined,
    dismissActionError: () => {},
    start: none,
    cancel: none,
    restore: none,
    ...over,
  };
}

const draw = (list: ProgressEvent[], over?: Partial<ProjectSync>) => render(<SyncBanner projectSync={shown(list, over)} />);
const sync = (...more: BareEvent[]) => numbered(syncId(1), [queued(), ...more]);
const heading = () => screen.getByRole('heading').textContent;
const said = () => screen.getAllByRole('status').map((element) => element.textContent).join(' ');

describe('SyncBanner', () => {
  test('while nothing is known', () => {
    const { container } = draw([], { isLoading: true });
    expect(heading()).toBe('Loading…');
    expect(container.querySelector('[aria-busy=true]')).not.toBeNull();
    expect(said()).toBe('');
  });

  test('never synced', () => {
    draw([]);
    expect(heading()).toBe('Never synced');
  });

  test('waiting for a worker', () => {
    draw(sync());
    expect(heading()).toBe('main waits');
    expect(screen.getByText('It begins as soon as a worker is free.')).toBeTruthy();
  });

  test('running: phases, progress and numbers', () => {
    draw(wholeSync().slice(0, 6));
    expect(heading()).toBe('Syncing main');
    const bar = screen.getByRole('progressbar', { name: 'Scan, phase 2 of 4' });
    expect(bar.getAttribute('aria-valuenow')).toBe('50');
    expect(screen.getByText('50 of 100 files')).toBeTruthy();
    const phases = within(screen.getByRole('list', { name: 'Phases' })).getAllByRole('listitem');
    expect(phases.map((phase) => phase.dataset.status)).toEqual(['done', 'running', 'toCome', 'toCome']);
    expect(phases[1]?.getAttribute('aria-current')).toBe('step');
    expect(screen.getByText('Received').nextSibling?.textContent).toBe('100 B');
    expect(screen.getByText('Live')).toBeTruthy();
  });

  test('running without a total: a bar that claims nothing', () => {
    draw(sync({ type: 'phaseStarted', phase: 'scan', attempt: 2 }));
    const bar = screen.getByRole('progressbar');
    expect(bar.hasAttribute('aria-valuenow')).toBe(false);
    expect(screen.getByText('try 2')).toBeTruthy();
  });

  test('says a phase once, and not each step of it', () => {
    const all = wholeSync();
    const { rerender } = draw(all.slice(0, 5));
    const before = said();
    expect(before).toBe('Syncing main: Scan, phase 2 of 4');
    rerender(<SyncBanner projectSync={shown(all.slice(0, 6))} />);
    expect(said()).toBe(before);
  });

  test('being cancelled', () => {
    const projectSync = shown(wholeSync().slice(0, 6));
    render(<SyncBanner projectSync={{ ...projectSync, sync: { ...projectSync.sync!, cancelRequested: true } }} />);
    expect(heading()).toBe('Cancelling main');
  });

  test('interrupted: why, and when it goes on', () => {
    const retryAt = new Date(Date.now() + 30_000).toISOString();
    draw(
      sync(...phasesRun().slice(0, 4), {
        type: 'interrupted',
        reason: 'error',
        retryAt,
        error: { code: 'unreachable', message: 'cannot reach host' },
      }),
    );
    expect(heading()).toBe('main was interrupted');
    expect(screen.getByText(/^cannot reach host\. It begins again in \d+ s\.$/)).toBeTruthy();
  });

  test.each([
    ['workerLost', /The worker that ran it is gone\. It begins again as soon as/],
    ['handedOver', /another one goes on\. It begins again as soon as/],
  ] as const)('interrupted: %s', (reason, text) => {
    draw(sync({ type: 'phaseStarted', phase: 'prepare', attempt: 1 }, { type: 'interrupted', reason }));
    expect(screen.getByText(text)).toBeTruthy();
  });

  test('completed: what it changed', () => {
    draw(wholeSync());
    expect(heading()).toBe('main is synced');
    expect(screen.getByText(/^3 files added, 2 files changed, 1 file deleted, 4 memory entries made/)).toBeTruthy();
    expect(said()).toContain('main is synced');
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  test('completed without a change', () => {
    const none = { ...COMPLETED, counts: { ...(COMPLETED as { counts: object }).counts, added: 0, modified: 0, deleted: 0, entriesCreated: 0, entriesSuperseded: 0 } } as BareEvent;
    draw(sync({ type: 'phaseStarted', phase: 'prepare', attempt: 1 }, { type: 'phaseCompleted', phase: 'prepare', durationMs: 9 }, none));
    expect(screen.getByText(/^Nothing had changed · at c0ffee00$/)).toBeTruthy();
    expect(screen.getAllByText('not needed')).toHaveLength(3);
  });

  test('failed: why and what to do, in words', () => {
    draw(sync(...phasesRun().slice(0, 4), { type: 'failed', error: { code: 'token-refused', message: '401 from host' } }));
    expect(heading()).toBe('Sync of main failed');
    const alert = screen.getByRole('alert');
    expect(alert.textContent).toContain('The token was refused');
    expect(alert.textContent).toContain('401 from host');
    expect(alert.textContent).toContain('Give the server a new one');
  });

  test('failed with a code of a newer server: its own words', () => {
    draw(sync({ type: 'failed', error: { code: 'moon-phase', message: 'the moon was wrong' } }));
    expect(screen.getByRole('alert').textContent).toBe('The sync failedthe moon was wrong');
  });

  test('cancelled', () => {
    draw(sync(...phasesRun().slice(0, 4), { type: 'cancelled' }));
    expect(heading()).toBe('Sync of main was cancelled');
    expect(screen.getByText('Nothing of it is visible; what was there before still is.')).toBeTruthy();
  });

  test('a restore has its own words and its own phases', () => {
    const restore = { ...queued(), kind: 'restore', restoreOf: 3 } as BareEvent;
    draw(numbered(syncId(1), [restore, { type: 'phaseStarted', phase: 'restore', attempt: 1 }]));
    expect(heading()).toBe('Restoring main to #3');
    expect(screen.getByText('Restore')).toBeTruthy();
  });

  test('warnings can be read, and make no room for themselves', async () => {
    draw(sync({ type: 'warning', phase: 'import', code: 'content-not-stored', message: 'big.bin is 100 MB' }));
    await userEvent.click(screen.getByRole('button', { name: '1 warning: read' }));
    const dialog = screen.getByRole('dialog', { name: 'Warnings of main' });
    expect(within(dialog).getByText('big.bin is 100 MB')).toBeTruthy();
    await userEvent.click(within(dialog).getByRole('button', { name: 'Close' }));
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test.each([
    ['connecting', 'Connecting…', false],
    ['paused', 'Paused', false],
    ['failed', 'Not connected', true],
  ] as const)('the connection: %s', (connection, text, canHurry) => {
    draw(wholeSync(), { connection });
    expect(screen.getByText(text)).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Try now' }) !== null).toBe(canHurry);
  });

  test('reconnecting counts down, and can be hurried', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    let hurried = 0;
    draw(wholeSync(), { connection: 'waiting', retryAt: Date.now() + 4_500, reconnect: () => (hurried += 1) });
    expect(screen.getByText('Reconnecting in 5 s')).toBeTruthy();
    act(() => void vi.advanceTimersByTime(1_000));
    expect(screen.getByText('Reconnecting in 4 s')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Try now' }));
    expect(hurried).toBe(1);
  });

  test('the numbers have their places from the beginning', () => {
    const { container, rerender } = draw([], { isLoading: true });
    const places = () => [...container.querySelectorAll('.ps-stats dt')].map((element) => element.textContent);
    const before = places();
    rerender(<SyncBanner projectSync={shown(wholeSync())} />);
    expect(places()).toEqual(before);
  });
});
