// What is known of a project's syncs, and how each message changes it. No clock, no network: the same messages give the
// same state, in whatever order and however often they come.
import type { Status, Sync } from '../api/types.js';
import type { ProjectSnapshot, Reset, ProgressEvent, SyncSnapshot } from '../events.js';
import { announced, applyEvent, isEnded, phasesIn, type SyncView } from './view.js';

/** The syncs of a project, as far as they were told. */
export interface SyncState {
  /** By id: all that have not ended, and the latest that have. */
  readonly syncs: Readonly<Record<string, SyncView>>;
  /** Events that came before one that they follow, by sync. */
  readonly early: Readonly<Record<string, readonly ProgressEvent[]>>;
  /** Syncs whose end was missed: a snapshot did not have them any more. To be asked for one by one. */
  readonly lost: readonly string[];
  /** The phases of each kind of sync, in order, once they were seen. */
  readonly phasesOf: Readonly<Partial<Record<Sync['kind'], readonly string[]>>>;
  /** The server could not tell what was missed; the next snapshot counts, whatever is known. */
  readonly awaitsSnapshot: boolean;
  /** Whether the server told anything yet. */
  readonly isReady: boolean;
  /** How many snapshots came. What had ended before one of them is not in it, and has to be asked for. */
  readonly snapshots: number;
}

export type SyncAction =
  /** A stream's `snapshot`: of a project, or of one sync. */
  | { type: 'snapshot'; snapshot: ProjectSnapshot | SyncSnapshot }
  /** A stream's `reset`. */
  | { type: 'reset'; notice: Reset }
  /** A stream's event of a sync. */
  | { type: 'event'; event: ProgressEvent }
  /** What the API answered of one sync. */
  | { type: 'fetched'; sync: Sync }
  /** What the API answered of a branch. */
  | { type: 'status'; status: Status }
  /** The API does not know this sync any more. */
  | { type: 'forgotten'; syncId: string }
  /** Another project is looked at. */
  | { type: 'cleared' };

/** How many ended syncs are remembered. */
const MAX_ENDED = 20;
/** How many events may wait for one before them, by sync, before a new snapshot is due. */
const MAX_EARLY = 256;
/** How many syncs may have such events. */
const MAX_EARLY_SYNCS = 64;

export const initialSyncState: SyncState = {
  syncs: {},
  early: {},
  lost: [],
  phasesOf: {},
  awaitsSnapshot: false,
  isReady: false,
  snapshots: 0,
};

/** Whether events wait for one that did not come. If that lasts, the stream should be begun anew. */
export function hasHole(state: SyncState): boolean {
  return Object.keys(state.early).length > 0;
}

export function syncReducer(state: SyncState, action: SyncAction): SyncState {
  switch (action.type) {
    case 'snapshot':
      return 'syncs' in action.snapshot
        ? withProject(state, action.snapshot)
        : trimmed(withSnapshot(begun(state), action.snapshot, state.awaitsSnapshot));
    case 'reset':
      return { ...state, early: {}, awaitsSnapshot: true };
    case 'event':
      return trimmed(withEvent(state, action.event));
    case 'fetched':
      return trimmed(withFetched(state, action.sync));
    case 'status':
      return trimmed(withStatus(state, action.status));
    case 'forgotten':
      return without(state, action.syncId);
    case 'cleared':
      return initialSyncState;
  }
}

/** The state at the beginning of a snapshot. */
function begun(state: SyncState): SyncState {
  return { ...state, isReady: true, awaitsSnapshot: false, snapshots: state.snapshots + 1 };
}

function withProject(state: SyncState, snapshot: ProjectSnapshot): SyncState {
  const told = new Set(snapshot.syncs.map((sync) => sync.syncId));
  // What waits for events of syncs that are not in it waits in vain: they have ended.
  const early = Object.fromEntries(Object.entries(state.early).filter(([syncId]) => told.has(syncId)));
  let next: SyncState = { ...begun(state), early };
  for (const sync of snapshot.syncs) next = withSnapshot(next, sync, state.awaitsSnapshot);
  // Either they have ended meanwhile, or (known from an answer alone) they are younger than the snapshot. An answer
  // that comes after the snapshot decides: a sync that is younger sends all of its events.
  const missed = Object.values(state.syncs).filter((sync) => !isEnded(sync) && !told.has(sync.syncId));
  if (missed.length > 0) next = { ...next, lost: [...new Set([...next.lost, ...missed.map((sync) => sync.syncId)])] };
  return trimmed(next);
}

/** `isAuthority`: what is known may be wrong, and the snapshot wins; but an end is final. */
function withSnapshot(state: SyncState, snapshot: SyncSnapshot, isAuthority: boolean): SyncState {
  const known = state.syncs[snapshot.syncId];
  let next = learnPhases(state, snapshot.kind, snapshot.phases.map((phase) => phase.phase));
  if (!known || (!isEnded(known) && (isAuthority || snapshot.seq >= known.seq))) {
    next = put(next, viewOf(snapshot, known));
  }
  return settle(next, snapshot.syncId);
}

function viewOf(snapshot: SyncSnapshot, known: SyncView | undefined): SyncView {
  const view: SyncView = {
    ...snapshot,
    // An answer of ours may have told it earlier than the snapshot was taken.
    cancelRequested: snapshot.cancelRequested || (known?.cancelRequested ?? false),
    summary: known?.summary,
    runAfter: snapshot.interruption?.retryAt ?? undefined,
  };
  const isSamePhase = known?.sample && known.sample.phase === snapshot.phase;
  return isSamePhase ? { ...view, sample: known.sample } : view;
}

function withEvent(state: SyncState, event: ProgressEvent): SyncState {
  const known = state.syncs[event.syncId];
  if (known && (isEnded(known) || event.seq <= known.seq)) return state;
  if (event.seq === (known?.seq ?? 0) + 1 && (known || event.type === 'queued')) {
    return settle(applied(state, event), event.syncId);
  }
  return kept(state, event);
}

function applied(state: SyncState, event: ProgressEvent): SyncState {
  const view = applyEvent(state.syncs[event.syncId], event, state.phasesOf);
  const next = view ? put(state, view) : state;
  return event.type === 'queued' ? learnPhases(next, event.kind, phasesIn(event) ?? []) : next;
}

/** Keeps an event that came too early. Beyond the bounds it is dropped: the hole makes for a new snapshot anyway. */
function kept(state: SyncState, event: ProgressEvent): SyncState {
  const waiting = state.early[event.syncId];
  if (waiting?.some((other) => other.seq === event.seq)) return state;
  if (waiting ? waiting.length >= MAX_EARLY : Object.keys(state.early).length >= MAX_EARLY_SYNCS) return state;
  const sorted = [...(waiting ?? []), event].sort((a, b) => a.seq - b.seq);
  return { ...state, early: { ...state.early, [event.syncId]: sorted } };
}

/** Applies what waited for what is known now, and forgets what is not needed any more. */
function settle(state: SyncState, syncId: string): SyncState {
  const waiting = state.early[syncId];
  if (!waiting) return state;
  let next = state;
  let left = waiting;
  for (;;) {
    const known = next.syncs[syncId];
    if (known && isEnded(known)) left = [];
    const seq = known?.seq ?? 0;
    left = left.filter((event) => event.seq > seq);
    const [first, ...others] = left;
    if (!first || first.seq !== seq + 1 || (!known && first.type !== 'queued')) break;
    next = applied(next, first);
    left = others;
  }
  const { [syncId]: _, ...early } = next.early;
  return { ...next, early: left.length > 0 ? { ...early, [syncId]: left } : early };
}

function withFetched(state: SyncState, sync: Sync): SyncState {
  const known = state.syncs[sync.id];
  const fetched = fromAnswer(sync, known, state.phasesOf[sync.kind]);
  const next = { ...state, lost: state.lost.filter((id) => id !== sync.id) };
  if (!known) return put(next, fetched);
  // Its numbers come by events. An answer tells what events cannot: an end that was missed, and what was asked for.
  if (isEnded(fetched)) return settle(put(next, isEnded(known) ? { ...fetched, ...known, ...told(sync) } : fetched), sync.id);
  if (isEnded(known) || (known.cancelRequested || !sync.cancelRequested)) return next;
  return put(next, { ...known, cancelRequested: true });
}

/** What answers tell of an ended sync and events do not. */
function told(sync: Sync): Partial<SyncView> {
  return { summary: sync.summary ?? undefined, finishedAt: sync.finishedAt, previousSyncId: sync.previousSyncId };
}

/** How the phase stands that a sync entered last, where that is known from how the sync stands. */
const STATUS_OF_LAST: Partial<Record<Sync['status'], 'running' | 'failed'>> = {
  running: 'running',
  failed: 'failed',
  cancelled: 'failed',
};

function fromAnswer(sync: Sync, known: SyncView | undefined, phases: readonly string[] = []): SyncView {
  const done = new Map(sync.phases.map((phase) => [phase.phase, phase]));
  const names = [...new Set([...phases, ...(known?.phases ?? []).map((phase) => phase.phase), ...done.keys()])];
  return {
    syncId: sync.id,
    projectId: sync.projectId,
    branch: sync.branch,
    ordinal: known?.ordinal,
    seq: known?.seq ?? 0,
    kind: sync.kind,
    trigger: sync.trigger,
    forced: sync.forced,
    restoreOf: sync.restoreOf,
    status: sync.status,
    cancelRequested: sync.cancelRequested,
    attempts: sync.attempts,
    createdAt: sync.createdAt,
    startedAt: sync.startedAt,
    finishedAt: sync.finishedAt,
    phase: sync.phase,
    phases: names.map((phase) => {
      // Records are of all phases that were begun, so the one in which a sync ended early is among them.
      const record = done.get(phase);
      const status = sync.phase === phase ? STATUS_OF_LAST[sync.status] : undefined;
      if (status) return { phase, status, attempt: record?.attempts ?? 1, durationMs: record?.durationMs };
      if (record) return { phase, status: 'done', attempt: record.attempts, durationMs: record.durationMs };
      return { phase, status: 'toCome', attempt: 0 };
    }),
    bytes: sync.counts.bytesFetched,
    requests: sync.counts.requests,
    warnings: sync.counts.warnings,
    recentWarnings: known?.recentWarnings ?? [],
    number: sync.number,
    commit: sync.commit,
    counts: sync.status === 'completed' ? sync.counts : undefined,
    error: sync.error,
    runAfter: sync.runAfter ?? undefined,
    ...told(sync),
  };
}

function withStatus(state: SyncState, status: Status): SyncState {
  let next = status.sync ? learnPhases(state, status.sync.kind, status.phases) : state;
  if (status.sync) {
    next = withFetched(next, status.sync);
    const view = next.syncs[status.sync.id];
    // Until the stream told more, the answer's progress is the best that is known.
    if (view && view.seq === 0 && status.progress && !isEnded(view)) {
      next = put(next, withProgress(view, status.progress));
    }
  }
  return status.next ? withFetched(next, status.next) : next;
}

function withProgress(view: SyncView, { phase, done, total, unit, bytes, requests }: NonNullable<Status['progress']>) {
  const phases = view.phases.map((known) =>
    known.phase === phase ? { ...known, done, total, unit: unit as 'files' | 'blobs' | 'directories' } : known,
  );
  return { ...view, phases, bytes, requests };
}

function learnPhases(state: SyncState, kind: Sync['kind'], phases: readonly string[]): SyncState {
  const known = state.phasesOf[kind];
  const isNews = phases.length > 0 && (known?.length !== phases.length || known.some((phase, i) => phase !== phases[i]));
  if (!isNews) return state;
  // Syncs that are shown already get the phases that nobody had announced to them.
  const syncs = Object.entries(state.syncs).map(([id, sync]): [string, SyncView] => {
    const isMeant = sync.kind === kind && !isEnded(sync);
    return [id, isMeant ? { ...sync, phases: announced(sync.phases, phases) } : sync];
  });
  return { ...state, syncs: Object.fromEntries(syncs), phasesOf: { ...state.phasesOf, [kind]: phases } };
}

function put(state: SyncState, view: SyncView): SyncState {
  return { ...state, syncs: { ...state.syncs, [view.syncId]: view }, isReady: true };
}

function without(state: SyncState, syncId: string): SyncState {
  const { [syncId]: _, ...syncs } = state.syncs;
  const { [syncId]: __, ...early } = state.early;
  return { ...state, syncs, early, lost: state.lost.filter((id) => id !== syncId) };
}

/** Forgets the oldest of the ended syncs when there are too many. */
function trimmed(state: SyncState): SyncState {
  const ended = Object.values(state.syncs).filter(isEnded);
  if (ended.length <= MAX_ENDED) return state;
  ended.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  return ended.slice(0, ended.length - MAX_ENDED).reduce((next, sync) => without(next, sync.syncId), state);
}

