// What is shown of the state: which sync, how far it is, how long it may still take.
import type { PhaseSnapshot, Unit } from '../events.js';
import type { SyncState } from './reducer.js';
import { isEnded, type SyncView } from './view.js';

/** Where a phase stands, as it is shown: `skipped` was not needed, `stopped` was running when somebody cancelled. */
export type PhaseStatus = PhaseSnapshot['status'] | 'skipped' | 'stopped';

export interface PhaseView extends Omit<PhaseSnapshot, 'status'> {
  status: PhaseStatus;
  /** How much of it is done, from 0 to 1; unknown while it runs without a total. */
  fraction?: number;
}

export interface Progress {
  /** The phase that runs. */
  phase: string;
  /** Its place, counted from 1, and how many there are. */
  position: number;
  of: number;
  done?: number;
  total?: number;
  unit?: Unit;
  /** How much of this phase is done, from 0 to 1. Nothing is said of the phases to come: nobody knows. */
  fraction?: number;
  /** How long this phase will still take at the speed it had so far, in milliseconds. Absent until that means something. */
  remainingMs?: number;
}

export interface Stats {
  /** Files looked at; of a completed sync, the files it has. */
  files?: number;
  /** Bytes received over the network. */
  bytes: number;
  requests: number;
  warnings: number;
}

/**
 * The sync to show: the one that runs, else the one that waits, else the latest one. Of a branch, or of any if there is
 * none named.
 */
export function currentSync(state: SyncState, branch?: string): SyncView | undefined {
  const rank = ({ status, attempts }: SyncView) =>
    status === 'running' ? 3 : status === 'pending' ? (attempts > 0 ? 2 : 1) : 0;
  return ofBranch(state, branch).reduce<SyncView | undefined>((best, sync) => {
    if (!best) return sync;
    const [mine, its] = [rank(sync), rank(best)];
    if (mine !== its) return mine > its ? sync : best;
    // Of those that wait the oldest is next; else the newest is what people ask about.
    const isNewer = age(sync) > age(best);
    return isNewer === (mine !== 1) ? sync : best;
  }, undefined);
}

/** The sync that waits for the end of this one. */
export function followerOf(state: SyncState, sync: SyncView | undefined): SyncView | undefined {
  if (!sync || isEnded(sync)) return undefined;
  return ofBranch(state, sync.branch).find((other) => other.syncId !== sync.syncId && other.status === 'pending');
}

/** All syncs that have not ended, the oldest first. */
export function activeSyncs(state: SyncState): SyncView[] {
  return Object.values(state.syncs)
    .filter((sync) => !isEnded(sync))
    .sort((a, b) => age(a) - age(b));
}

function ofBranch(state: SyncState, branch: string | undefined): SyncView[] {
  const all = Object.values(state.syncs);
  return branch === undefined ? all : all.filter((sync) => sync.branch === branch);
}

function age(sync: SyncView): number {
  return Date.parse(sync.createdAt);
}

export function phaseViews(sync: SyncView | undefined): PhaseView[] {
  if (!sync) return [];
  return sync.phases.map((phase) => {
    const status = statusOf(phase, sync);
    return { ...phase, status, fraction: status === 'done' ? 1 : fractionOf(phase) };
  });
}

function statusOf({ status }: PhaseSnapshot, sync: SyncView): PhaseStatus {
  if (status === 'toCome' && sync.status === 'completed') return 'skipped';
  if ((status === 'running' || status === 'failed') && sync.status === 'cancelled') return 'stopped';
  return status;
}

function fractionOf({ done, total }: PhaseSnapshot): number | undefined {
  if (done == null || total == null) return undefined;
  return total <= 0 ? 1 : Math.min(1, done / total);
}

export function progressOf(sync: SyncView | undefined): Progress | undefined {
  if (sync?.status !== 'running') return undefined;
  const index = sync.phases.findIndex((phase) => phase.status === 'running');
  const phase = sync.phases[index];
  if (!phase) return undefined;
  return {
    phase: phase.phase,
    position: index + 1,
    of: sync.phases.length,
    done: phase.done ?? undefined,
    total: phase.total ?? undefined,
    unit: phase.unit ?? undefined,
    fraction: fractionOf(phase),
    remainingMs: remaining(sync, phase),
  };
}

/** A shorter time, or a smaller part, says too little of the rest. */
const MIN_SAMPLE_MS = 2_000;
const MIN_SAMPLE_PART = 0.03;
/** What takes longer is no estimate any more. */
const MAX_REMAINING_MS = 24 * 3_600_000;

function remaining({ sample }: SyncView, { phase, total }: PhaseSnapshot): number | undefined {
  if (!sample || sample.phase !== phase || total == null) return undefined;
  const took = Date.parse(sample.nowAt) - Date.parse(sample.at);
  const did = sample.nowDone - sample.done;
  if (took < MIN_SAMPLE_MS || did <= 0 || did < total * MIN_SAMPLE_PART) return undefined;
  const left = ((total - sample.nowDone) / did) * took;
  return left >= 0 && left <= MAX_REMAINING_MS ? left : undefined;
}

export function statsOf(sync: SyncView | undefined): Stats | undefined {
  if (!sync) return undefined;
  const { counts, bytes, requests, warnings } = sync;
  if (counts) {
    const files = counts.added + counts.modified + counts.renamed + counts.unchanged;
    return { files, bytes, requests, warnings };
  }
  const scanned = sync.phases.find((phase) => phase.unit === 'files')?.done;
  return { files: scanned ?? undefined, bytes, requests, warnings };
}
