import { ErrorMessage, explainProblem, formatAgo, formatCount, formatElapsed, useNow, type DeadJob, type Job } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from 'wouter';
import { client } from '../api.js';
import { Failed, Loading } from '../parts/states.js';
import { useTitle } from '../parts/title.js';

/** How often the page asks anew while somebody sees it. */
const EVERY_MS = 3_000;

export default function QueuePage() {
  useTitle('Queue');
  const now = useNow(true);
  const queue = useQuery({ queryKey: ['queue'], queryFn: ({ signal }) => client.admin.queue.get({ signal }), refetchInterval: EVERY_MS });
  const running = useJobs('running');
  const pending = useJobs('pending');
  const dead = useQuery({
    queryKey: ['dead'],
    queryFn: ({ signal }) => client.admin.dead.list({ limit: 100 }, { signal }),
    refetchInterval: EVERY_MS,
  });
  const act = useAct();
  if (queue.isPending) return <Loading what="the queue" />;
  if (!queue.data) return <Failed error={queue.error} onRetry={() => void queue.refetch()} />;
  const { ready, delayed, workers, pauses, error } = queue.data;
  const isPaused = pauses.some((pause) => pause.projectId == null);
  return (
    <div className="page">
      <header className="page-head row-head">
        <h1>Queue</h1>
        <button
          type="button"
          className="ps-button"
          disabled={act.isPending}
          onClick={() => act.mutate(() => (isPaused ? client.admin.queue.resume() : client.admin.queue.pause()))}
        >
          {isPaused ? 'Resume' : 'Pause'}
        </button>
      </header>
      {error && <ErrorMessage explanation={{ title: 'The queue does not answer', detail: error }} />}
      {act.error && <ErrorMessage explanation={explainProblem(act.error)} />}
      {isPaused && <p className="notice">Paused: what runs goes on, nothing new begins.</p>}
      <dl className="totals">
        <Depth name="Ready" depth={ready} />
        <Depth name="Waiting for their time" depth={delayed} />
        <Depth name="Running" depth={queue.data.running} />
        <Depth name="Given up" depth={queue.data.dead} />
        <div>
          <dt>Workers</dt>
          <dd>{formatCount(workers.length)}</dd>
        </div>
      </dl>
      <Jobs title="Running" jobs={running.data?.items} error={running.error} now={now} act={act.mutate} />
      <Jobs title="Waiting" jobs={pending.data?.items} error={pending.error} now={now} act={act.mutate} />
      <Dead jobs={dead.data?.items} error={dead.error} now={now} act={act.mutate} />
    </div>
  );
}

function useJobs(status: 'running' | 'pending') {
  return useQuery({
    queryKey: ['jobs', status],
    queryFn: ({ signal }) => client.admin.jobs.list({ status, limit: 100 }, { signal }),
    refetchInterval: EVERY_MS,
  });
}

type Act = (call: () => Promise<unknown>) => void;

function useAct() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (call: () => Promise<unknown>) => call(),
    onSettled: () => queries.invalidateQueries(),
  });
}

function Depth({ name, depth }: { name: string; depth: { count: number; oldestAgeSeconds?: number | null } }) {
  const age = depth.oldestAgeSeconds;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatCount(depth.count)}</dd>
      <dd className="ps-muted small">{age == null ? '\u00a0' : `oldest: ${formatElapsed(age * 1000)}`}</dd>
    </div>
  );
}

interface JobsProps {
  title: string;
  jobs: Job[] | undefined;
  error: Error | null;
  now: number;
  act: Act;
}

function Jobs({ title, jobs, error, now, act }: JobsProps) {
  return (
    <section className="panel">
      <h2>{title}</h2>
      {error && <ErrorMessage explanation={explainProblem(error)} />}
      {jobs?.length === 0 && <p className="ps-muted">Nothing at the moment.</p>}
      <ul className="list">
        {jobs?.map((job) => (
          <li key={job.id}>
            <div className="list-what">
              <Link href={`/projects/${job.projectId}?branch=${encodeURIComponent(job.branch)}`}>{job.project}</Link>
              <span>{job.branch}</span>
              <span className="ps-muted">
                {job.phase ?? job.kind} · {formatAgo(job.startedAt ?? job.createdAt, now)}
                {job.worker ? ` · ${job.worker}` : ''}
              </span>
            </div>
            <button
              type="button"
              className="ps-button ps-quiet"
              disabled={job.cancelRequested}
              onClick={() => act(() => client.admin.jobs.cancel(job.id))}
            >
              {job.cancelRequested ? 'Cancelling…' : 'Cancel'}
              <span className="ps-hidden"> {job.project}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface DeadProps {
  jobs: DeadJob[] | undefined;
  error: Error | null;
  now: number;
  act: Act;
}

function Dead({ jobs, error, now, act }: DeadProps) {
  return (
    <section className="panel">
      <h2>Given up</h2>
      {error && <ErrorMessage explanation={explainProblem(error)} />}
      {jobs?.length === 0 && <p className="ps-muted">Nothing was given up.</p>}
      <ul className="list">
        {jobs?.map((job) => (
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
                <button type="button" className="ps-button ps-quiet" onClick={() => act(() => client.admin.dead.requeue(job.id))}>
                  Try again
                </button>
              )}
              <button type="button" className="ps-button ps-quiet" onClick={() => act(() => client.admin.dead.remove(job.id))}>
                Remove
              </button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
