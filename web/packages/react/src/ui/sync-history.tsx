import { useState } from 'react';
import type { Client } from '../api/client.js';
import type { Sync } from '../api/types.js';
import type { ProjectSync } from '../sync/use-project-sync.js';
import { explainProblem, explainSyncError } from '../sync/words.js';
import { DiffDialog } from './diff-dialog.js';
import { formatAgo, formatCount, formatDate, formatDuration, shortCommit, triggerLabel } from './format.js';
import { useNow, usePages } from './hooks.js';
import { useLongList } from './long-list.js';
import { DoneIcon, FailedIcon, RestoreIcon, RunningIcon, StoppedIcon, WaitingIcon } from './icons.js';
import { ErrorMessage } from './message.js';
import { RestoreDialog } from './restore-dialog.js';

export interface SyncHistoryProps {
  client: Client;
  /** Restores, and tells when the list has changed. */
  projectSync: ProjectSync;
  /** Only the syncs of this branch; absent: of all. */
  branch?: string;
  /** Whether syncs may be restored; if not, nothing offers it. */
  canRestore?: boolean;
}

/** The first page, and those that are asked for. */
const PAGE = 50;
const NEXT_PAGE = 500;
/** About as high as a row is, in pixels. */
const ROW_HEIGHT = 62;
/** How often "5 min ago" is told anew. */
const AGO_MS = 30_000;

/** The chain of syncs, the latest first: what each changed, how long it took, what began it; compare, and go back. */
export function SyncHistory({ client, projectSync, branch, canRestore = true }: SyncHistoryProps) {
  const { projectId } = projectSync;
  const now = useNow(true, AGO_MS);
  const [open, setOpen] = useState<{ what: 'diff' | 'restore'; sync: Sync }>();
  const { items, error, isLoading, hasMore, more } = usePages<Sync>(
    `${projectId} ${branch ?? ''}`,
    versionOf(projectSync),
    (cursor, signal) => client.projects.sync.history(projectId, { branch, cursor, limit: cursor === undefined ? PAGE : NEXT_PAGE }, { signal }),
  );
  const rows = useLongList<HTMLOListElement>(items.length, ROW_HEIGHT);
  const completed = items.filter((sync) => sync.status === 'completed');
  // The latest of each branch comes first.
  const heads = new Map([...completed].reverse().map((sync) => [sync.branch, sync]));
  const headOf = (name: string) => heads.get(name);
  const others = (sync: Sync) => completed.filter((other) => other.branch === sync.branch && other.id !== sync.id && !other.forgotten);
  const head = open && headOf(open.sync.branch);

  return (
    <section className="ps ps-history" aria-label="History" aria-busy={isLoading}>
      {items.length === 0 && !error && (
        <p className="ps-empty">{isLoading ? 'Loading the history…' : 'No sync yet. The first one will be listed here.'}</p>
      )}
      <ol className="ps-history-list" ref={rows.list} style={rows.style} data-long={rows.isLong || undefined}>
        {items.slice(rows.from, rows.to).map((sync, i) => (
          <Row
            key={sync.id}
            sync={sync}
            position={rows.from + i + 1}
            of={hasMore ? -1 : items.length}
            now={now}
            showBranch={branch === undefined}
            isHead={headOf(sync.branch)?.id === sync.id}
            onDiff={() => setOpen({ what: 'diff', sync })}
            onRestore={canRestore ? () => setOpen({ what: 'restore', sync }) : undefined}
          />
        ))}
      </ol>
      {error && <ErrorMessage explanation={explainProblem(error)} />}
      {(hasMore || error) && (
        <button type="button" className="ps-button" onClick={more} disabled={isLoading}>
          {isLoading ? 'Loading…' : error ? 'Try again' : 'Show earlier ones'}
        </button>
      )}
      {open?.what === 'diff' && (
        <DiffDialog client={client} sync={open.sync} others={others(open.sync)} onClose={() => setOpen(undefined)} />
      )}
      {open?.what === 'restore' && head && (
        <RestoreDialog
          client={client}
          projectSync={projectSync}
          sync={open.sync}
          head={head}
          onClose={() => setOpen(undefined)}
        />
      )}
    </section>
  );
}

/** Changes when the list has: a sync came, began or ended. Not while one counts. */
function versionOf({ sync, active }: ProjectSync): string {
  const shown = sync ? [sync] : [];
  return [...shown, ...active].map(({ syncId, status }) => `${syncId} ${status}`).join(' ');
}

const ICONS = {
  pending: WaitingIcon,
  running: RunningIcon,
  completed: DoneIcon,
  failed: FailedIcon,
  cancelled: StoppedIcon,
};

const STATUS_WORDS = {
  pending: 'Waits',
  running: 'Runs',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

interface RowProps {
  sync: Sync;
  position: number;
  /** How many rows there are; -1 if that is not known. */
  of: number;
  now: number;
  showBranch: boolean;
  isHead: boolean;
  onDiff: () => void;
  /** Absent: it is not offered. */
  onRestore: (() => void) | undefined;
}

function Row({ sync, position, of, now, showBranch, isHead, onDiff, onRestore }: RowProps) {
  const Icon = ICONS[sync.status];
  const at = sync.finishedAt ?? sync.startedAt ?? sync.createdAt;
  const ofBranch = showBranch ? ` of ${sync.branch}` : '';
  return (
    <li className="ps-history-row" data-status={sync.status} aria-posinset={position} aria-setsize={of}>
      <span className="ps-history-icon" title={STATUS_WORDS[sync.status]}>
        <Icon />
        <span className="ps-hidden">{STATUS_WORDS[sync.status]}</span>
      </span>
      <div className="ps-history-what">
        <p className="ps-history-title">
          {sync.number != null && <span className="ps-history-number">#{sync.number}</span>}
          <span className="ps-history-summary">{summaryOf(sync)}</span>
          {isHead && <span className="ps-tag">now</span>}
          {sync.forgotten && (
            <span className="ps-tag" title="What it left is not kept any more.">
              forgotten
            </span>
          )}
        </p>
        <p className="ps-muted ps-history-meta">
          {showBranch && <span>{sync.branch}</span>}
          {sync.commit && <code>{shortCommit(sync.commit)}</code>}
          <span>{triggerLabel(sync.trigger)}</span>
          {sync.attempts > 1 && <span>{sync.attempts} tries</span>}
          <time dateTime={at} title={formatDate(at)}>
            {formatAgo(at, now)}
          </time>
        </p>
      </div>
      <Counts sync={sync} />
      <span className="ps-history-duration">{sync.durationMs != null ? formatDuration(sync.durationMs) : ''}</span>
      <div className="ps-history-actions">
        {sync.status === 'completed' && !sync.forgotten && (
          <>
            <button type="button" className="ps-button ps-quiet" onClick={onDiff}>
              Changes
              <span className="ps-hidden">
                {' '}
                of #{sync.number}
                {ofBranch}
              </span>
            </button>
            {onRestore && (
              <button type="button" className="ps-button ps-quiet" onClick={onRestore} disabled={isHead}>
                <RestoreIcon />
                Restore
                <span className="ps-hidden">
                  {' '}
                  memory to #{sync.number}
                  {ofBranch}
                </span>
              </button>
            )}
          </>
        )}
      </div>
    </li>
  );
}

function summaryOf(sync: Sync): string {
  if (sync.status === 'failed') return sync.error ? explainSyncError(sync.error).title : 'Failed';
  if (sync.kind === 'restore') return `${sync.status === 'completed' ? 'Restored' : 'Restore'} to #${sync.restoreOf ?? '?'}`;
  return sync.summary ?? STATUS_WORDS[sync.status];
}

function Counts({ sync: { status, counts } }: { sync: Sync }) {
  if (status !== 'completed') return <span className="ps-counts" />;
  const shown: [sign: string, n: number, word: string, change: string][] = [
    ['+', counts.added, 'added', 'added'],
    ['~', counts.modified + counts.renamed, 'changed', 'modified'],
    ['−', counts.deleted, 'deleted', 'deleted'],
  ];
  const entries = counts.entriesCreated + counts.entriesSuperseded;
  const some = shown.filter(([, n]) => n > 0);
  if (some.length === 0 && entries === 0) return <span className="ps-counts">no change</span>;
  return (
    <span className="ps-counts">
      {some.map(([sign, n, word, change]) => (
        <span key={word} data-change={change} title={`${formatCount(n)} files ${word}`}>
          <span aria-hidden="true">{sign}</span>
          {formatCount(n)}
          <span className="ps-hidden"> files {word}</span>
        </span>
      ))}
      {entries > 0 && <span>{formatCount(entries)} memory</span>}
    </span>
  );
}
