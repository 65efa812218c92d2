import { ErrorMessage, explainProblem, formatAgo, type DeadJob } from '@project-sync/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { useTyped } from '../../parts/url.js';
import { EVERY_MS, PAGE, useAgain } from './shared.js';

type Asked = { act: 'requeue' | 'remove'; job?: DeadJob };

/** What was given up: to be done again, or removed; one by one or all that are shown. */
export function Dead({ now }: { now: number }) {
  const [typed, setTyped, code] = useTyped('reason');
  const [asked, setAsked] = useState<Asked>();
  const list = useInfiniteQuery({
    queryKey: ['queue', 'dead', code],
    queryFn: ({ pageParam, signal }) => client.admin.dead.list({ code, limit: PAGE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: EVERY_MS,
    placeholderData: (before) => before,
  });
  const jobs = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="panel stack" aria-labelledby="dead">
      <div className="row-head">
        <h2 id="dead">Given up</h2>
        {jobs.length > 1 && (
          <span className="list-actions">
            <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => setAsked({ act: 'requeue' })}>
              Try all again
            </button>
            <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => setAsked({ act: 'remove' })}>
              Remove all
            </button>
          </span>
        )}
      </div>
      {(jobs.length > 0 || typed !== '') && (
        <div className="filters">
          <input type="search" className="search" aria-label="Reason" placeholder="Reason, such as unreachable" value={typed} onChange={(event) => setTyped(event.target.value)} />
        </div>
      )}
      {list.isError && <ErrorMessage explanation={explainProblem(list.error)} />}
      {list.isSuccess && jobs.length === 0 && (
        <p className="ps-muted">{code ? `Nothing was given up for “${code}”.` : 'Nothing was given up.'}</p>
      )}
      <ul className="list" aria-label="Given up">
        {jobs.map((job) => (
          <li key={job.id}>
            <div className="list-what">
              <code>{job.code}</code>
              <span>{job.message}</span>
              <span className="ps-muted">
                {formatAgo(job.createdAt, now)} · {job.attempts === 1 ? 'one try' : `${job.attempts} tries`}
              </span>
            </div>
            <span className="list-actions">
              {job.syncId && (
                <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => setAsked({ act: 'requeue', job })}>
                  Try again
                </button>
              )}
              <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => setAsked({ act: 'remove', job })}>
                Remove
              </button>
            </span>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="ps-button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {list.isFetchingNextPage ? 'Loading…' : 'Show more'}
        </button>
      )}
      {asked && <Ask {...asked} code={code} onClose={() => setAsked(undefined)} />}
    </section>
  );
}

function Ask({ act, job, code, onClose }: Asked & { code: string | undefined; onClose: () => void }) {
  const again = useAgain();
  const run = () => {
    const { dead } = client.admin;
    if (job) return act === 'requeue' ? dead.requeue(job.id) : dead.remove(job.id);
    const which = code === undefined ? { all: true } : { filter: { code } };
    return act === 'requeue' ? dead.requeueAll(which) : dead.purge(which);
  };
  const what = job ? 'this' : code === undefined ? 'all that was given up' : `all that was given up for “${code}”`;
  return (
    <Confirm
      title={act === 'requeue' ? `Do ${what} again?` : `Remove ${what}?`}
      action={act === 'requeue' ? 'Try again' : 'Remove'}
      doing={act === 'requeue' ? 'Asking…' : 'Removing…'}
      keep="Leave it"
      isFinal={act === 'remove'}
      act={run}
      onDone={() => {
        again();
        onClose();
      }}
      onClose={onClose}
    >
      <p>{job ? job.message : 'At most 1,000 at a time, the oldest first.'}</p>
      <p>
        {act === 'requeue'
          ? 'A new sync is begun for it, and it leaves this list.'
          : 'It leaves this list, for good. The history of the project keeps the sync that failed.'}
      </p>
    </Confirm>
  );
}
