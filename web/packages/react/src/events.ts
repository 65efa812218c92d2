// What event streams tell. Written by hand until the API's document describes it; shaped like bus/src/event.rs.
import type { SyncCounts, SyncError, SyncKind, SyncStatus, SyncTrigger } from './api/types.js';

/** What a phase counts. */
export type Unit = 'files' | 'blobs' | 'directories';

/** What all events of a sync have in common. */
interface Base {
  syncId: string;
  /** Its number within the sync, counted from 1 without a hole. */
  seq: number;
  /** When it happened. */
  at: string;
}

/** Somebody asked for a sync. Always its first event. */
export interface QueuedEvent extends Base {
  type: 'queued';
  projectId: string;
  /** The how-many-eth sync of its project this is, counted from 1. */
  ordinal: number;
  branch: string;
  kind: SyncKind;
  trigger: SyncTrigger;
  forced: boolean;
  /** The number of the sync that a restore goes back to. */
  restoreOf?: number | null;
}

/** A phase begins; again, with a higher attempt, if it is tried again. */
export interface PhaseStartedEvent extends Base {
  type: 'phaseStarted';
  phase: string;
  attempt: number;
}

/** A phase got on. */
export interface PhaseProgressEvent extends Base {
  type: 'phaseProgress';
  phase: string;
  done: number;
  total?: number | null;
  unit: Unit;
  /** Bytes received over the network so far, in the whole sync. */
  bytes: number;
  /** Requests sent so far, in the whole sync. */
  requests: number;
}

/** A phase ended well. */
export interface PhaseCompletedEvent extends Base {
  type: 'phaseCompleted';
  phase: string;
  durationMs: number;
}

/** Something that the user should know; the sync goes on. */
export interface WarningEvent extends Base {
  type: 'warning';
  phase: string;
  code: string;
  message: string;
}

/** Why a sync goes no further for now. */
export interface InterruptionInfo {
  reason: 'error' | 'workerLost' | 'handedOver';
  /** Not before this time; at once if absent. */
  retryAt?: string | null;
  error?: SyncError | null;
}

/** The sync is to be begun again: its phases start anew. */
export interface InterruptedEvent extends Base, InterruptionInfo {
  type: 'interrupted';
}

/** The sync is done and visible. */
export interface CompletedEvent extends Base {
  type: 'completed';
  /** Its number on the branch. */
  number: number;
  commit: string;
  counts: SyncCounts;
}

/** The sync failed; nothing of it is visible. */
export interface FailedEvent extends Base {
  type: 'failed';
  error: SyncError;
}

/** The sync was cancelled; nothing of it is visible. */
export interface CancelledEvent extends Base {
  type: 'cancelled';
}

/** One step of one sync. */
export type SyncEvent =
  | QueuedEvent
  | PhaseStartedEvent
  | PhaseProgressEvent
  | PhaseCompletedEvent
  | WarningEvent
  | InterruptedEvent
  | CompletedEvent
  | FailedEvent
  | CancelledEvent;

/** Where a phase of a sync stands. */
export interface PhaseSnapshot {
  phase: string;
  status: 'toCome' | 'running' | 'done' | 'failed';
  /** Counted from 1; 0 before it began. */
  attempt: number;
  startedAt?: string | null;
  durationMs?: number | null;
  done?: number | null;
  total?: number | null;
  unit?: Unit | null;
}

/** A warning that a sync gave. */
export interface SyncWarning {
  phase: string;
  code: string;
  message: string;
}

/** All that the events of a sync up to `seq` say. */
export interface SyncSnapshot {
  syncId: string;
  projectId: string;
  branch: string;
  ordinal: number;
  /** The number of the last event that is in it. */
  seq: number;
  kind: SyncKind;
  trigger: SyncTrigger;
  forced: boolean;
  restoreOf?: number | null;
  status: SyncStatus;
  cancelRequested: boolean;
  attempts: number;
  createdAt: string;
  startedAt?: string | null;
  finishedAt?: string | null;
  /** The phase that runs, or ran last. */
  phase?: string | null;
  phases: PhaseSnapshot[];
  bytes: number;
  requests: number;
  /** How many warnings it gave. */
  warnings: number;
  /** The last of them. */
  recentWarnings: SyncWarning[];
  /** Why it waits to be begun again. */
  interruption?: InterruptionInfo | null;
  /** Its number on the branch, once it is completed. */
  number?: number | null;
  commit?: string | null;
  counts?: SyncCounts | null;
  error?: SyncError | null;
}

/** The first event of a project's stream: its syncs that have not ended. */
export interface ProjectSnapshot {
  projectId: string;
  syncs: SyncSnapshot[];
}

/** What was missed cannot be told; a snapshot follows. */
export interface ResetNotice {
  reason: 'tooOld' | 'unknownId';
}

const SYNC_EVENTS: ReadonlySet<string> = new Set<SyncEvent['type']>([
  'queued',
  'phaseStarted',
  'phaseProgress',
  'phaseCompleted',
  'warning',
  'interrupted',
  'completed',
  'failed',
  'cancelled',
]);

/** Whether this is the name of an event of a sync. Unknown names are of a newer server and pass unread. */
export function isSyncEventType(name: string): name is SyncEvent['type'] {
  return SYNC_EVENTS.has(name);
}

/** Whether an event of this name is the last one of its sync. */
export function isTerminalType(name: string): boolean {
  return name === 'completed' || name === 'failed' || name === 'cancelled';
}
