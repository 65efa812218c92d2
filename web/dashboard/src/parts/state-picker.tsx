import { BranchPicker, Dialog, formatDate, shortCommit, useLongList, type ProjectDetail, type ProjectSync, type Sync } from '@project-sync/react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api.js';
import { endedKey } from '../pages/shared.js';
import { Empty, Failed, Loading } from './states.js';

export interface StatePickerProps {
  project: ProjectDetail;
  projectSync: ProjectSync;
  branch: string | undefined;
  setBranch: (branch: string) => void;
  /** The id of a completed sync of the branch; absent: the latest. */
  at: string | undefined;
  setAt: (at: string | undefined) => void;
}

/** Chooses a branch, and one of its syncs: what is shown is as it was after it. */
export function StatePicker({ project, projectSync, branch, setBranch, at, setAt }: StatePickerProps) {
  const [isOpen, setOpen] = useState(false);
  const shown = useQuery({
    queryKey: ['sync', at],
    queryFn: ({ signal }) => client.syncs.get(at ?? '', { signal }),
    enabled: at !== undefined,
    // What has ended stays as it is.
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <div className="state-picker">
      <BranchPicker
        client={client}
        projectId={project.id}
        branch={branch}
        // A state belongs to its branch: choosing another one goes to its latest.
        onChange={setBranch}
        defaultBranch={project.defaultBranch}
      />
      <button type="button" className="ps-button state-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <span className="ps-hidden">State: </span>
        <span>{at === undefined ? 'Latest state' : shown.data ? stateName(shown.data) : 'An earlier state'}</span>
      </button>
      {at !== undefined && (
        <button type="button" className="ps-link" onClick={() => setAt(undefined)}>
          Back to the latest
        </button>
      )}
      {isOpen && (
        <States
          project={project}
          branch={branch ?? project.defaultBranch ?? undefined}
          version={endedKey(projectSync)}
          at={at}
          onChoose={(id) => {
            setOpen(false);
            setAt(id);
          }}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  );
}

function stateName(sync: Sync): string {
  return `#${sync.number ?? '?'} · ${formatDate(sync.finishedAt ?? sync.createdAt)}`;
}

interface StatesProps {
  project: ProjectDetail;
  branch: string | undefined;
  version: string;
  at: string | undefined;
  onChoose: (id: string | undefined) => void;
  onClose: () => void;
}

/** As many are asked for at once as the API gives. */
const PAGE = 500;
const ROW_HEIGHT = 52;

/** All states of a branch, the latest first. */
function States({ project, branch, version, at, onChoose, onClose }: StatesProps) {
  const list = useInfiniteQuery({
    queryKey: ['states', project.id, branch, version],
    queryFn: ({ pageParam, signal }) => {
      const query = { branch, status: 'completed', limit: PAGE, cursor: pageParam } as const;
      return client.projects.sync.history(project.id, query, { signal });
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const syncs = list.data?.pages.flatMap((page) => page.items) ?? [];
  const rows = useLongList<HTMLUListElement>(syncs.length, ROW_HEIGHT);
  return (
    <Dialog title={`States of ${branch ?? 'the default branch'}`} onClose={onClose}>
      {list.isPending && <Loading what="the states" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && syncs.length === 0 && <Empty title="No state yet">The first sync makes one.</Empty>}
      <ul className="states" ref={rows.list} style={rows.style}>
        {syncs.slice(rows.from, rows.to).map((sync, i) => {
          const row = rows.from + i;
          const isShown = at === undefined ? row === 0 : sync.id === at;
          return (
            <li key={sync.id} aria-posinset={row + 1} aria-setsize={list.hasNextPage ? -1 : syncs.length}>
              <button
                type="button"
                aria-current={isShown || undefined}
                disabled={sync.forgotten}
                // The latest is what is latest then, too.
                onClick={() => onChoose(row === 0 ? undefined : sync.id)}
              >
                <span className="states-title">
                  #{sync.number} {sync.kind === 'restore' ? `Restored to #${sync.restoreOf ?? '?'}` : (sync.summary ?? '')}
                </span>
                <span className="ps-muted">
                  {formatDate(sync.finishedAt ?? sync.createdAt)}
                  {sync.commit && (
                    <>
                      {' · '}
                      <code>{shortCommit(sync.commit)}</code>
                    </>
                  )}
                  {row === 0 && ' · latest'}
                  {sync.forgotten && ' · forgotten'}
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="ps-button" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
          {list.isFetching ? 'Loading…' : 'Show earlier ones'}
        </button>
      )}
    </Dialog>
  );
}
