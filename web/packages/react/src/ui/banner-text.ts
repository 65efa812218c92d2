// The banner's words, apart from its looks.
import type { ProjectSync } from '../sync/use-project-sync.js';
import type { SyncView } from '../sync/view.js';
import {
  formatAgo,
  formatBytes,
  formatDone,
  formatDuration,
  formatElapsed,
  formatRemaining,
  label,
  plural,
  shortCommit,
  triggerLabel,
} from './format.js';

export type BannerState =
  | 'loading'
  | 'none'
  | 'pending'
  | 'interrupted'
  | 'running'
  | 'completed'
  | 'failed'
  | 'cancelled';

export interface BannerText {
  title: string;
  subtitle: string;
  detail: string;
}

type Shown = Pick<ProjectSync, 'sync' | 'isLoading' | 'progress' | 'stats' | 'error' | 'next'>;

export function stateOf({ sync, isLoading }: Pick<Shown, 'sync' | 'isLoading'>): BannerState {
  if (!sync) return isLoading ? 'loading' : 'none';
  return sync.status === 'pending' && sync.interruption ? 'interrupted' : sync.status;
}

export function activePhaseText(shown: Shown, now: number): BannerText {
  const { sync } = shown;
  if (!sync) {
    return shown.isLoading
      ? { title: 'Loading…', subtitle: 'Asking how things stand', detail: '' }
      : { title: 'Never synced', subtitle: 'Start a sync to see what is known', detail: '' };
  }
  return { title: titleOf(sync), subtitle: subtitleOf(sync, now), detail: detailOf(shown, sync, now) };
}

function titleOf(sync: SyncView): string {
  const isRestore = sync.kind === 'restore';
  const what = isRestore ? `${sync.branch} to #${sync.restoreOf ?? '?'}` : sync.branch;
  switch (sync.status) {
    case 'pending':
      if (sync.cancelRequested) return `Cancelling ${what}`;
      return sync.interruption ? `${what} was interrupted` : `${what} waits`;
    case 'running':
      if (sync.cancelRequested) return `Cancelling ${what}`;
      return isRestore ? `Restoring ${what}` : `Syncing ${what}`;
    case 'completed':
      return isRestore ? `Restored ${what}` : `${what} is synced`;
    case 'failed':
      return isRestore ? `Restoring ${what} failed` : `Sync of ${what} failed`;
    case 'cancelled':
      return isRestore ? `Restoring ${what} was cancelled` : `Sync of ${what} was cancelled`;
  }
}

function subtitleOf(sync: SyncView, now: number): string {
  const by = `by ${triggerLabel(sync.trigger)}`;
  const forced = sync.forced ? ' · everything anew' : '';
  if (sync.status === 'running') {
    const tries = sync.attempts > 1 ? ` · try ${sync.attempts}` : '';
    return `${formatElapsed(now - Date.parse(sync.startedAt ?? sync.createdAt))} · started ${by}${forced}${tries}`;
  }
  if (sync.status === 'pending') return `asked for ${formatAgo(sync.createdAt, now)} ${by}${forced}`;
  const ended = sync.finishedAt ?? sync.createdAt;
  const took = sync.startedAt && sync.finishedAt ? Date.parse(sync.finishedAt) - Date.parse(sync.startedAt) : undefined;
  return `${formatAgo(ended, now)}${took === undefined ? '' : ` · took ${formatDuration(took)}`} · started ${by}${forced}`;
}

function detailOf({ progress, next }: Shown, sync: SyncView, now: number): string {
  switch (sync.status) {
    case 'running': {
      if (sync.cancelRequested) return 'It ends at its next safe point. Nothing of it will be visible.';
      if (!progress || progress.done === undefined) return progress ? `${label(progress.phase)}…` : 'Beginning…';
      const done = formatDone(progress.done, progress.total, progress.unit);
      const left = progress.remainingMs === undefined ? '' : ` · ${formatRemaining(progress.remainingMs)} in this phase`;
      return `${done}${left}`;
    }
    case 'pending':
      return waitText(sync, now);
    case 'completed':
      return changesText(sync) + (next ? ' · one more waits' : '');
    case 'cancelled':
      return 'Nothing of it is visible; what was there before still is.';
    case 'failed':
      return 'Nothing of it is visible; what was there before still is.';
  }
}

const INTERRUPTIONS: Record<string, string> = {
  error: 'An error came in between that may pass.',
  workerLost: 'The worker that ran it is gone.',
  handedOver: 'The worker that ran it is being stopped; another one goes on.',
};

function waitText(sync: SyncView, now: number): string {
  if (sync.cancelRequested) return 'It is being cancelled.';
  const until = sync.runAfter ? Date.parse(sync.runAfter) - now : 0;
  const begins = until > 0 ? `It begins again in ${formatElapsed(until + 999)}.` : 'It begins again as soon as a worker is free.';
  if (sync.interruption) {
    const { reason, error } = sync.interruption;
    return `${error?.message ? sentence(error.message) : (INTERRUPTIONS[reason] ?? '')} ${begins}`.trim();
  }
  return until > 0 ? `It begins in ${formatElapsed(until + 999)}.` : 'It begins as soon as a worker is free.';
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What a completed sync changed. */
export function changesText({ counts, commit, kind }: SyncView): string {
  if (!counts) return commit ? `At ${shortCommit(commit)}` : '';
  const parts = [
    counts.added > 0 && `${plural(counts.added, 'file')} added`,
    counts.modified > 0 && `${plural(counts.modified, 'file')} changed`,
    counts.deleted > 0 && `${plural(counts.deleted, 'file')} deleted`,
    counts.renamed > 0 && `${plural(counts.renamed, 'file')} renamed`,
    counts.entriesCreated > 0 && `${plural(counts.entriesCreated, 'memory entry', 'memory entries')} made`,
    counts.entriesSuperseded > 0 && `${plural(counts.entriesSuperseded, 'memory entry', 'memory entries')} superseded`,
  ].filter((part) => part !== false);
  const where = commit && kind === 'sync' ? ` · at ${shortCommit(commit)}` : '';
  return (parts.length > 0 ? parts.join(', ') : 'Nothing had changed') + where;
}

export function connectionText({ connection, retryAt }: Pick<ProjectSync, 'connection' | 'retryAt'>, now: number): string {
  switch (connection) {
    case 'idle':
    case 'connecting':
      return 'Connecting…';
    case 'open':
      return 'Live';
    case 'waiting': {
      const seconds = Math.ceil(((retryAt ?? now) - now) / 1000);
      return seconds > 0 ? `Reconnecting in ${seconds} s` : 'Reconnecting…';
    }
    case 'paused':
      return 'Paused';
    case 'ended':
      return 'Ended';
    case 'failed':
      return 'Not connected';
  }
}

/** What a screen reader says: when the state or the phase changes, and not while numbers count. */
export function announcement({ sync, progress, stats, error, isLoading, next }: Shown): string {
  if (!sync) return isLoading ? '' : 'Never synced';
  const title = titleOf(sync);
  switch (sync.status) {
    case 'running':
      return progress ? `${title}: ${label(progress.phase)}, phase ${progress.position} of ${progress.of}` : title;
    case 'completed':
      return `${title}. ${changesText(sync)}${stats ? `. ${formatBytes(stats.bytes)} received` : ''}${next ? '. One more waits' : ''}`;
    case 'failed':
      return `${title}. ${error ? error.title : ''}`;
    default:
      return title;
  }
}
