import { ErrorMessage, explainProblem, explainSyncError, formatAgo, label, triggerLabel, type Job, type QueryOf } from '@project-sync/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { Loading } from '../../parts/states.js';
import { useTyped, useUrl } from '../../parts/url.js';
import { EVERY_MS, PAGE, useAgain } from './shared.js';

type Filter = QueryOf<'admin.jobs.list'>;

const STATUSES = [
  ['active', 'Running and waiting'],
  ['running', 'Running'],
  ['pending', 'Waiting'],
  ['failed', 'Failed'],
  ['cancelled', 'Cancelled'],
  ['completed', 'Completed'],
] as const;
const TRIGGERS = ['api', 'cli', 'webhook', 'schedule'] as const;

/** The syncs of all projects as operators see them. */
export function Jobs({ now }: { now: number }) {
  const [search, change] = useUrl();
  const [branch, setBranch, branchQuery] = useTyped('branch');
  const [code, setCode, codeQuery] = useTyped('error');
  const status = STATUSES.find(([status]) => status === search.get('status'))?.[0] ?? 'active';
  const trigger = TRIGGERS.find((trigger) => trigger === search.get('trigger'));
  const project = search.get('project') ?? undefined;
  const filter: Filter = { project, trigger, branch: branchQuery, errorCode: codeQuery };
  return (
    <section className="panel stack" aria-labelledby="jobs">
      <h2 id="jobs">Syncs</h2>
      <div className="filters">
        <label className="ps-field">
          <span className="ps-hidden">Status</span>
          <select value={status} onChange={(event) => change({ status: event.target.value })}>
            {STATUSES.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="ps-field">
          <span className="ps-hidden">Begun by</span>
          <select value={trigger ?? ''} onChange={(event) => change({ trigger: event.target.value })}>
            <option value="">Begun by anyone</option>
            {TRIGGERS.map((value) => (
              <option key={value} value={value}>
                by {triggerLabel(value)}
              </option>
            ))}
          </select>
        </label>
        <input type="search" className="search" aria-label="Branch" placeholder="Branch" value={branch} onChange={(event) => setBranch(event.target.value)} />
        <input type="search" className="search" aria-label="Error code" placeholder="Error code" value={code} onChange={(event) => setCode(event.target.value)} />
        {project !== undefined && (
          <button type="button" className="ps-link" onClick={() => change({ project: undefined })}>
            Of all projects
          </button>
        )}
      </div>
      {status === 'active' ? (
        <>
          <JobList filter={{ ...filter, status: 'running' }} now={now} empty="Nothing runs." onProject={(project) => change({ project })} />
          <JobList filter={{ ...filter, status: 'pending' }} now={now} empty="Nothing waits." onProject={(project) => change({ project })} />
        </>
      ) : (
        <JobList filter={{ ...filter, status }} now={now} empty="There is none." onProject={(project) => change({ project })} />
      )}
    </section>
  );
}

interface JobListProps {
  filter: Filter;
  now: number;
  empty: string;
  onProject: (projectId: string) => void;
}

type Act = 'cancel' | 'requeue' | 'remove';

function JobList({ filter, now, empty, onProject }: JobListProps) {
  const [asked, setAsked] = useState<{ act: Act; job: Job }>();
  const list = useInfiniteQuery({
    queryKey: ['queue', 'jobs', filter],
    queryFn: ({ pageParam, signal }) => client.admin.jobs.list({ ...filter, limit: PAGE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    refetchInterval: EVERY_MS,
    placeholderData: (before) => before,
  });
  const jobs = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div>
      {list.isPending && <Loading what="syncs" />}
      {list.isError && <ErrorMessage explanation={explainProblem(list.error)} />}
      {list.isSuccess && jobs.length === 0 && <p className="ps-muted">{empty}</p>}
      <ul className="list" aria-label={`${label(filter.status ?? 'all')} syncs`}>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} now={now} onAct={(act) => setAsked({ act, job })} onProject={onProject} />
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="ps-button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
          {list.isFetchingNextPage ? 'Loading…' : 'Show more'}
        </button>
      )}
      {asked && <Ask {...asked} onClose={() => setAsked(undefined)} />}
    </div>
  );
}

interface JobRowProps {
  job: Job;
  now: number;
  onAct: (act: Act) => void;
  onProject: (projectId: string) => void;
}

function JobRow({ job, now, onAct, onProject }: JobRowProps) {
  const at = job.finishedAt ?? job.startedAt ?? job.createdAt;
  const facts = [job.phase ? label(job.phase) : undefined, job.kind === 'restore' ? 'restore' : undefined, formatAgo(at, now), job.worker];
  return (
    <li>
      <div className="list-what">
        <Link href={`/projects/${job.projectId}?branch=${encodeURIComponent(job.branch)}`}>{job.project}</Link>
        <span>{job.branch}</span>
        {job.error && <span title={job.error.message}>{explainSyncError(job.error).title}</span>}
        <span className="ps-muted">{facts.filter(Boolean).join(' · ')}</span>
      </div>
      <span className="list-actions">
        <button type="button" className="ps-button ps-quiet" onClick={() => onProject(job.projectId)}>
          Filter<span className="ps-hidden"> by {job.project}</span>
        </button>
        {actsOf(job).map((act) => (
          <button
            key={act}
            type="button"
            className="ps-button ps-quiet"
            aria-haspopup="dialog"
            disabled={act === 'cancel' && job.cancelRequested}
            onClick={() => onAct(act)}
          >
            {act === 'cancel' && job.cancelRequested ? 'Cancelling…' : WORDS[act].action}
            <span className="ps-hidden">
              {' '}
              {job.branch} of {job.project}
            </span>
          </button>
        ))}
      </span>
    </li>
  );
}

function actsOf({ status }: Job): Act[] {
  if (status === 'running' || status === 'pending') return ['cancel'];
  return status === 'completed' ? ['remove'] : ['requeue', 'remove'];
}

const WORDS: Record<Act, { action: string; doing: string; title: string; words: string; isFinal: boolean }> = {
  cancel: {
    action: 'Cancel',
    doing: 'Cancelling…',
    title: 'Cancel this sync?',
    words: 'It ends at its next safe point. Nothing of it will be visible; what was there before still is.',
    isFinal: false,
  },
  requeue: {
    action: 'Try again',
    doing: 'Asking…',
    title: 'Sync this branch again?',
    words: 'A new sync of the same branch is begun. This one stays in the history.',
    isFinal: false,
  },
  remove: {
    action: 'Remove',
    doing: 'Removing…',
    title: 'Remove this sync?',
    words: 'It goes from the history with its events, for good. Files and memory stay as they are.',
    isFinal: true,
  },
};

function Ask({ act, job, onClose }: { act: Act; job: Job; onClose: () => void }) {
  const again = useAgain();
  const { title, words, action, doing, isFinal } = WORDS[act];
  return (
    <Confirm
      title={title}
      action={action}
      doing={doing}
      keep="Leave it"
      isFinal={isFinal}
      act={() => client.admin.jobs[act](job.id)}
      onDone={() => {
        again();
        onClose();
      }}
      onClose={onClose}
    >
      <p>
        <strong>{job.project}</strong>, {job.branch}
      </p>
      <p>{words}</p>
      {job.error && <p className="ps-muted">It ended with: {job.error.message}</p>}
    </Confirm>
  );
}
