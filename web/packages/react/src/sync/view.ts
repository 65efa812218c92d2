import type { Sync } from '../api/types.js';
import type { EventOf, PhaseSnapshot, ProgressEvent, SyncSnapshot } from '../events.js';

/** A sync as it is shown: a snapshot that goes on with each event. */
export interface SyncView extends Omit<SyncSnapshot, 'ordinal'> {
  /** Unknown until the stream told it. */
  ordinal?: number;
  /** The first line of the commit's message, if an answer told it. */
  summary?: string;
  previousSyncId?: string | null;
  /** Not begun (again) before this time. */
  runAfter?: string;
  /** Where the running phase stood when it was first heard of, for an estimate. */
  sample?: Sample;
}

/** How far a phase was at a time of the server's clock. */
export interface Sample {
  phase: string;
  at: string;
  done: number;
  /** Where it stands now, at which time. */
  nowAt: string;
  nowDone: number;
}

/** How many warnings are kept with their words; all are counted. */
const MAX_WARNINGS = 10;

export function isEnded({ status }: Pick<SyncView, 'status'>): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/**
 * The sync after an event that follows all that is known of it, as the server's own snapshots would show it. Nothing if it is
 * unknown and this does not begin it.
 */
export function applyEvent(
  sync: SyncView | undefined,
  event: ProgressEvent,
  phasesOf: Readonly<Partial<Record<Sync['kind'], readonly string[]>>>,
): SyncView | undefined {
  if (event.type === 'queued') return queued(sync, event, phasesIn(event) ?? phasesOf[event.kind] ?? []);
  if (!sync) return undefined;
  const next: SyncView = { ...sync, seq: event.seq };
  switch (event.type) {
    case 'phaseStarted':
      return started(next, event.phase, event.attempt, event.at);
    case 'phaseProgress':
      return progressed(next, event);
    case 'phaseCompleted':
      return {
        ...next,
        phase: undefined,
        sample: undefined,
        phases: changed(next.phases, event.phase, { status: 'done', durationMs: event.durationMs }),
      };
    case 'warning': {
      const warning = { phase: event.phase, code: event.code, message: event.message };
      return {
        ...next,
        warnings: next.warnings + 1,
        recentWarnings: [...next.recentWarnings, warning].slice(-MAX_WARNINGS),
      };
    }
    case 'interrupted':
      return interrupted(next, event);
    case 'completed':
      return {
        ...ended(next, 'completed', event.at),
        number: event.number,
        commit: event.commit,
        counts: event.counts,
        bytes: event.counts.bytesFetched,
        requests: event.counts.requests,
        warnings: event.counts.warnings,
      };
    case 'failed':
      return { ...ended(next, 'failed', event.at), error: event.error };
    case 'cancelled':
      return { ...ended(next, 'cancelled', event.at), cancelRequested: true };
    default:
      // A kind of event of a newer server: only its number counts.
      return next;
  }
}

/** The phases that a sync announces; absent in events of older servers. */
export function phasesIn(event: ProgressEvent): readonly string[] | undefined {
  if (event.type !== 'queued') return undefined;
  return event.phases && event.phases.length > 0 ? event.phases : undefined;
}

function queued(sync: SyncView | undefined, event: EventOf<'queued'>, phases: readonly string[]): SyncView {
  // Known already from the answer to our own request: only what the answer did not tell is new.
  if (sync) {
    return { ...sync, seq: event.seq, ordinal: event.ordinal, phases: announced(sync.phases, phases) };
  }
  return {
    syncId: event.syncId,
    projectId: event.projectId,
    branch: event.branch,
    ordinal: event.ordinal,
    seq: event.seq,
    kind: event.kind,
    trigger: event.trigger,
    forced: event.forced,
    restoreOf: event.restoreOf,
    status: 'pending',
    cancelRequested: false,
    attempts: 0,
    createdAt: event.at,
    phases: phases.map(toCome),
    bytes: 0,
    requests: 0,
    warnings: 0,
    recentWarnings: [],
  };
}

function started(sync: SyncView, phase: string, attempt: number, at: string): SyncView {
  // The first phase of a try, whose worker warns of everything anew. Orderly hand-overs count.
  const isNewTry = sync.status === 'pending';
  // What comes after the phase is done anew, too.
  const index = sync.phases.findIndex((known) => known.phase === phase);
  const phases = sync.phases.map((known, i) => (index >= 0 && i > index ? toCome(known.phase) : known));
  return {
    ...sync,
    ...(isNewTry ? { attempts: sync.attempts + 1, warnings: 0, recentWarnings: [] } : {}),
    status: 'running',
    startedAt: sync.startedAt ?? at,
    interruption: undefined,
    runAfter: undefined,
    phase,
    sample: undefined,
    phases: changed(phases, phase, {
      status: 'running',
      attempt,
      startedAt: at,
      done: undefined,
      total: undefined,
      unit: undefined,
      durationMs: undefined,
    }),
  };
}

function progressed(sync: SyncView, event: EventOf<'phaseProgress'>): SyncView {
  const { phase, done, total, unit, bytes, requests } = event;
  return {
    ...sync,
    bytes,
    requests,
    sample: sampleOf(sync.sample, event),
    phases: changed(sync.phases, phase, { done, total: total ?? undefined, unit }),
  };
}

/** The estimate's two points: the first that was heard of this phase, and the latest. */
export function sampleOf(sample: Sample | undefined, { phase, at, done }: EventOf<'phaseProgress'>): Sample {
  if (!sample || sample.phase !== phase || done < sample.nowDone) {
    return { phase, at, done, nowAt: at, nowDone: done };
  }
  return { ...sample, nowAt: at, nowDone: done };
}

function interrupted(sync: SyncView, { reason, retryAt, error }: EventOf<'interrupted'>): SyncView {
  return {
    ...sync,
    status: 'pending',
    interruption: { reason, retryAt, error },
    runAfter: retryAt ?? undefined,
    phase: undefined,
    sample: undefined,
    phases: sync.phases.map(({ phase }) => toCome(phase)),
  };
}

function ended(sync: SyncView, status: SyncView['status'], at: string): SyncView {
  return {
    ...sync,
    status,
    finishedAt: at,
    phase: undefined,
    interruption: undefined,
    runAfter: undefined,
    sample: undefined,
    phases: sync.phases.map((phase) => (phase.status === 'running' ? { ...phase, status: 'failed' } : phase)),
  };
}

function toCome(phase: string): PhaseSnapshot {
  return { phase, status: 'toCome', attempt: 0 };
}

/** All phases that are known to come, in order, and after them those that came unannounced. */
export function announced(phases: readonly PhaseSnapshot[], names: readonly string[]): PhaseSnapshot[] {
  const known = new Map(phases.map((phase) => [phase.phase, phase]));
  const inOrder = names.map((name) => known.get(name) ?? toCome(name));
  return [...inOrder, ...phases.filter((phase) => !names.includes(phase.phase))];
}

/** Changes one phase; one that nobody announced comes last. */
function changed(phases: readonly PhaseSnapshot[], name: string, change: Partial<PhaseSnapshot>): PhaseSnapshot[] {
  if (!phases.some((phase) => phase.phase === name)) {
    return [...phases, { phase: name, status: 'running', attempt: 1, ...change }];
  }
  return phases.map((phase) => (phase.phase === name ? { ...phase, ...change } : phase));
}
