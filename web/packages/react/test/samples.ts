// Syncs and events as the server would tell them.
import type { Sync, SyncCounts } from '../src/api/types.js';
import type { ProjectSnapshot, ProgressEvent, SyncSnapshot } from '../src/events.js';
import { initialSyncState, syncReducer, type SyncAction, type SyncState } from '../src/sync/reducer.js';
import type { SyncView } from '../src/sync/view.js';

export const PROJECT = '0190d3f0-0000-7000-8000-00000000000a';
export const PHASES = ['prepare', 'scan', 'import', 'finalize'];

export const COUNTS: SyncCounts = {
  added: 3,
  modified: 2,
  deleted: 1,
  renamed: 0,
  unchanged: 95,
  entriesCreated: 4,
  entriesSuperseded: 2,
  blobsFetched: 5,
  bytesFetched: 40_960,
  requests: 3,
  warnings: 1,
};

export function syncId(n: number): string {
  return `0190d3f0-0000-7000-8000-${String(n).padStart(12, '0')}`;
}

export function at(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 2, 3, 0, 0) + seconds * 1000).toISOString();
}

/** With which values properties are tried: with others each time, unless a seed is given. */
export const TRIED = process.env['FAST_CHECK_SEED'] === undefined ? {} : { seed: Number(process.env['FAST_CHECK_SEED']) };

/** An event without what all have in common. */
type Bare<E> = E extends ProgressEvent ? Omit<E, 'syncId' | 'seq' | 'at'> : never;
export type BareEvent = Bare<ProgressEvent>;

/** Numbers events from 1, one a second. */
export function numbered(id: string, events: BareEvent[]): ProgressEvent[] {
  return events.map((event, i) => ({ ...event, syncId: id, seq: i + 1, at: at(i) }) as ProgressEvent);
}

export function queued(ordinal = 1, branch = 'main'): BareEvent {
  return {
    type: 'queued',
    projectId: PROJECT,
    ordinal,
    branch,
    kind: 'sync',
    trigger: 'api',
    forced: false,
  };
}

/** All phases, one after the other, each with one step of progress. */
export function phasesRun(): BareEvent[] {
  return PHASES.flatMap((phase): BareEvent[] => [
    { type: 'phaseStarted', phase, attempt: 1 },
    { type: 'phaseProgress', phase, done: 50, total: 100, unit: 'files', bytes: 100, requests: 1 },
    { type: 'phaseCompleted', phase, durationMs: 1000 },
  ]);
}

export const COMPLETED: BareEvent = { type: 'completed', number: 7, commit: 'c0ffee'.padEnd(40, '0'), counts: COUNTS };

export function wholeSync(id = syncId(1), ordinal = 1, branch = 'main'): ProgressEvent[] {
  return numbered(id, [queued(ordinal, branch), ...phasesRun(), COMPLETED]);
}

export function reduce(actions: SyncAction[], from: SyncState = initialSyncState): SyncState {
  return actions.reduce(syncReducer, from);
}

export function events(list: ProgressEvent[]): SyncAction[] {
  return list.map((event) => ({ type: 'event', event }));
}

export function snapshotOf(view: SyncView): SyncSnapshot {
  const { sample: _, summary: __, previousSyncId: ___, runAfter: ____, ordinal = 0, ...rest } = view;
  return structuredClone({ ...rest, ordinal });
}

export function projectSnapshot(...syncs: SyncSnapshot[]): ProjectSnapshot {
  return { projectId: PROJECT, syncs };
}

/** A sync as the API answers it. */
export function answer(over: Partial<Sync> = {}): Sync {
  return {
    id: syncId(1),
    projectId: PROJECT,
    branch: 'main',
    kind: 'sync',
    status: 'completed',
    trigger: 'api',
    forced: false,
    attempts: 1,
    priority: 'person',
    phases: PHASES.map((phase) => ({ phase, durationMs: 1000, attempts: 1 })),
    counts: COUNTS,
    forgotten: false,
    cancelRequested: false,
    createdAt: at(0),
    startedAt: at(1),
    finishedAt: at(13),
    durationMs: 12_000,
    number: 7,
    commit: 'c0ffee'.padEnd(40, '0'),
    summary: 'Teach the parser about tabs',
    ...over,
  };
}
