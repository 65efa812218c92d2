// @vitest-environment happy-dom
import { act, cleanup, renderHook, waitFor } from '@testing-library/react';
import { StrictMode } from 'react';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createClient } from '../src/api/client.js';
import { useProjectSync } from '../src/sync/use-project-sync.js';
import { answer, at, numbered, phasesRun, PROJECT, projectSnapshot, queued, reduce, events, snapshotOf, syncId, wholeSync } from './samples.js';
import { startService, type Service } from './service.js';

let service: Service;
beforeEach(async () => {
  service = await startService();
});
afterEach(async () => {
  cleanup();
  await service.close();
});

function follow(branch?: string, projectId = PROJECT) {
  const client = createClient({ baseUrl: service.url });
  return renderHook(
    (props: { projectId: string; branch?: string }) => useProjectSync(props.projectId, { client, branch: props.branch, stream: { backoff: { baseMs: 5 } } }),
    { initialProps: { projectId, branch }, wrapper: StrictMode },
  );
}

const listening = () => waitFor(() => expect(service.listeners()).toBe(1));

describe('useProjectSync', () => {
  test('shows a sync that someone else started, from its first event to its last', async () => {
    const { result } = follow();
    await waitFor(() => expect(result.current.connection).toBe('open'));
    await waitFor(() => expect(result.current.isLoading).toBe(false));
    expect(result.current.sync).toBeUndefined();
    await listening();
    for (const event of wholeSync().slice(0, 6)) service.tell(event);
    await waitFor(() => expect(result.current.progress).toMatchObject({ phase: 'scan', done: 50, total: 100 }));
    expect(result.current.isRunning).toBe(true);
    for (const event of wholeSync().slice(6)) service.tell(event);
    await waitFor(() => expect(result.current.sync?.status).toBe('completed'));
    expect(result.current.isRunning).toBe(false);
    expect(result.current.stats?.files).toBe(100);
  });

  test('with tickets, asks for one of its project before each connection', async () => {
    const asked: unknown[] = [];
    const getTicket = async (of: unknown) => `t${asked.push(of)}`;
    const client = createClient({ baseUrl: service.url, token: 'secret', getTicket });
    const { result } = renderHook(() => useProjectSync(PROJECT, { client, stream: { backoff: { baseMs: 5 } } }));
    await waitFor(() => expect(result.current.connection).toBe('open'));
    await listening();
    service.cut();
    const opened = () => service.requests.map(({ line }) => line).filter((line) => line.includes('/events/'));
    const at = `GET /api/v1/events/projects/${PROJECT}`;
    await waitFor(() => expect(opened()).toEqual([`${at}?ticket=t1`, `${at}?ticket=t2`]));
    expect(asked).toEqual([{ projectId: PROJECT }, { projectId: PROJECT }]);
  });

  test('shows at once what ended before, and its phases', async () => {
    service.status = { branch: 'main', sync: answer(), phases: ['prepare', 'scan', 'import', 'finalize'] };
    const { result } = follow();
    await waitFor(() => expect(result.current.sync?.number).toBe(7));
    expect(result.current.phases.map((phase) => phase.status)).toEqual(['done', 'done', 'done', 'done']);
  });

  test('learns the phases of a kind of sync that it has not seen', async () => {
    service.status = { branch: 'main', sync: answer({ kind: 'restore' }), phases: ['prepare', 'restore', 'finalize'] };
    const { result } = follow();
    await waitFor(() => expect(result.current.sync?.kind).toBe('restore'));
    await listening();
    const sync = answer({ id: syncId(2), status: 'running', phases: [], finishedAt: null, number: null, createdAt: at(99) });
    service.status = { branch: 'main', sync, phases: ['prepare', 'scan', 'import', 'finalize'] };
    for (const event of numbered(syncId(2), [queued(2), phasesRun()[0]!])) service.tell(event);
    await waitFor(() =>
      expect(result.current.phases.map((phase) => phase.status)).toEqual(['running', 'toCome', 'toCome', 'toCome']),
    );
  });

  test('goes on after a server that went away, without losing or repeating anything', async () => {
    const { result } = follow();
    await listening();
    const all = wholeSync();
    for (const event of all.slice(0, 6)) service.tell(event);
    await waitFor(() => expect(result.current.sync?.seq).toBe(6));
    service.cut();
    await waitFor(() => expect(service.requests.some((request) => request.lastEventId !== undefined)).toBe(true));
    await listening();
    for (const event of all.slice(4)) service.tell(event);
    await waitFor(() => expect(result.current.sync?.status).toBe('completed'));
  });

  test('asks for the end of a sync that ended while nobody listened', async () => {
    const running = reduce(events(wholeSync().slice(0, 6))).syncs[syncId(1)]!;
    service.snapshot = projectSnapshot(snapshotOf(running));
    const { result } = follow();
    await waitFor(() => expect(result.current.isRunning).toBe(true));
    service.syncs.set(syncId(1), answer({ status: 'failed', error: { code: 'unreachable', message: 'no route to host' }, number: null }));
    await listening();
    service.send('reset', { reason: 'tooOld' });
    service.send('snapshot', projectSnapshot(), '9-9');
    await waitFor(() => expect(result.current.sync?.status).toBe('failed'));
    expect(result.current.error).toMatchObject({ title: 'The host cannot be reached', detail: 'no route to host' });
  });

  test('begins its stream anew when an event is missing for long', async () => {
    const { result } = follow();
    await listening();
    const all = wholeSync();
    for (const event of all.filter((event) => event.seq !== 3)) service.tell(event);
    const whole = reduce(events(all.slice(0, 6))).syncs[syncId(1)]!;
    service.snapshot = projectSnapshot(snapshotOf(whole));
    await waitFor(() => expect(result.current.sync?.status).toBe('completed'));
  });

  test('starts, and shows the sync before any event of it', async () => {
    const { result } = follow('next');
    await listening();
    await act(async () => {
      expect((await result.current.start({ force: true }))?.isNew).toBe(true);
    });
    expect(service.requests.find((request) => request.line.startsWith('POST'))?.body).toEqual({ branch: 'next', force: true });
  });

  test('cancels what it shows', async () => {
    const running = reduce(events(wholeSync().slice(0, 6))).syncs[syncId(1)]!;
    service.snapshot = projectSnapshot(snapshotOf(running));
    const { result } = follow();
    await waitFor(() => expect(result.current.isRunning).toBe(true));
    await act(async () => {
      await result.current.cancel();
    });
    expect(result.current.sync).toMatchObject({ cancelRequested: true, status: 'running' });
    await listening();
    service.tell({ type: 'cancelled', syncId: syncId(1), seq: 7, at: at(20) });
    await waitFor(() => expect(result.current.sync?.status).toBe('cancelled'));
  });

  test('a refusal is told and changes nothing', async () => {
    const problem = { type: 'urn:project-sync:problem:branch-busy', title: 'Busy', status: 409, detail: 'One runs.' };
    service.instead.set(`POST /api/v1/projects/${PROJECT}/sync`, { status: 409, body: problem });
    const { result } = follow();
    await listening();
    await act(async () => {
      expect(await result.current.start()).toBeUndefined();
    });
    expect(result.current.actionError).toMatchObject({ code: 'branch-busy' });
    expect(result.current.pendingAction).toBeUndefined();
    act(() => result.current.dismissActionError());
    expect(result.current.actionError).toBeUndefined();
  });

  test('another branch shows its own sync without another connection', async () => {
    const { result, rerender } = follow('main');
    await listening();
    const before = service.requests.filter((request) => request.line.includes('/events/')).length;
    for (const event of numbered(syncId(1), [queued(1, 'main'), ...phasesRun().slice(0, 2)])) service.tell(event);
    for (const event of numbered(syncId(2), [queued(2, 'next')])) service.tell(event);
    await waitFor(() => expect(result.current.active).toHaveLength(2));
    expect(result.current.sync?.syncId).toBe(syncId(1));
    rerender({ projectId: PROJECT, branch: 'next' });
    expect(result.current.sync?.syncId).toBe(syncId(2));
    expect(service.requests.filter((request) => request.line.includes('/events/'))).toHaveLength(before);
  });

  test('another project shows nothing of the one before', async () => {
    service.status = { branch: 'main', sync: answer(), phases: [] };
    const { result, rerender } = follow();
    await waitFor(() => expect(result.current.sync).toBeDefined());
    rerender({ projectId: 'another', branch: undefined });
    expect(result.current.sync).toBeUndefined();
    await waitFor(() => expect(result.current.connection).toBe('failed'));
    expect(result.current.connectionError).toMatchObject({ status: 404 });
    expect(result.current.isLoading).toBe(false);
  });

  test('two of them, as in two tabs, show the same, and leave nothing open', async () => {
    const [a, b] = [follow(), follow()];
    await waitFor(() => expect(service.listeners()).toBe(2));
    for (const event of wholeSync()) service.tell(event);
    await waitFor(() => expect(a.result.current.sync?.status).toBe('completed'));
    await waitFor(() => expect(b.result.current.sync).toEqual(a.result.current.sync));
    a.unmount();
    b.unmount();
    await waitFor(() => expect(service.listeners()).toBe(0));
  });
});
