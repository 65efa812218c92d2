import { ErrorMessage, explainProblem, formatAgo, formatCount, formatElapsed, useNow, type Queue } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { Failed, Loading } from '../../parts/states.js';
import { useTitle } from '../../parts/title.js';
import { Dead } from './dead.js';
import { Jobs } from './jobs.js';
import { EVERY_MS, useAgain } from './shared.js';

export default function QueuePage() {
  useTitle('Queue');
  const now = useNow(true);
  const queue = useQuery({
    queryKey: ['queue', 'depth'],
    queryFn: ({ signal }) => client.admin.queue.get({ signal }),
    refetchInterval: EVERY_MS,
  });
  if (queue.isPending) return <Loading what="the queue" />;
  if (!queue.data) {
    return (
      <div className="page">
        <h1>Queue</h1>
        <Failed error={queue.error} onRetry={() => void queue.refetch()} />
      </div>
    );
  }
  const { ready, delayed, running, dead, workers, error } = queue.data;
  return (
    <div className="page">
      <header className="page-head row-head">
        <h1>Queue</h1>
        <PauseButton queue={queue.data} />
      </header>
      {error && <ErrorMessage explanation={{ title: 'The queue does not answer', detail: error }} />}
      {queue.isError && <ErrorMessage explanation={explainProblem(queue.error)} />}
      <Pauses queue={queue.data} now={now} />
      <dl className="totals">
        <Depth name="Ready" depth={ready} />
        <Depth name="Waiting for their time" depth={delayed} />
        <Depth name="Running" depth={running} />
        <Depth name="Given up" depth={dead} />
        <div>
          <dt>Workers</dt>
          <dd>{formatCount(workers.length)}</dd>
          <dd className="ps-muted small">{workers.length === 0 ? 'none was heard of' : '\u00a0'}</dd>
        </div>
      </dl>
      <Jobs now={now} />
      <Dead now={now} />
    </div>
  );
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

function PauseButton({ queue }: { queue: Queue }) {
  const [isOpen, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const again = useAgain();
  if (queue.pauses.some((pause) => pause.projectId == null)) return null;
  return (
    <>
      <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Pause…
      </button>
      {isOpen && (
        <Confirm
          title="Pause the queue?"
          action="Pause"
          doing="Pausing…"
          keep="Go on"
          act={() => client.admin.queue.pause({ reason: reason.trim() || undefined })}
          onDone={() => {
            setOpen(false);
            setReason('');
            again();
          }}
          onClose={() => setOpen(false)}
        >
          <p>What runs goes on. Nothing new begins, in any project, until somebody resumes it.</p>
          <div className="field">
            <label htmlFor="reason">
              Why <span className="ps-muted">(for others to read)</span>
            </label>
            <input id="reason" value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />
          </div>
        </Confirm>
      )}
    </>
  );
}

/** What is paused, and how it goes on. */
function Pauses({ queue, now }: { queue: Queue; now: number }) {
  const queries = useQueryClient();
  const resume = useMutation({
    mutationFn: (projectId: string | undefined) => client.admin.queue.resume({ projectId }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['queue'] }),
  });
  if (queue.pauses.length === 0) return null;
  return (
    <ul className="notice pauses" aria-label="Pauses">
      {queue.pauses.map(({ projectId, reason, since }) => (
        <li key={projectId ?? ''}>
          <span>
            <strong>{projectId == null ? 'Everything is paused' : `Project ${projectId} is paused`}</strong>
            {reason ? `: ${reason}` : '.'} <span className="ps-muted">{formatAgo(since, now)}</span>
          </span>
          <button
            type="button"
            className="ps-button"
            disabled={resume.isPending}
            onClick={() => resume.mutate(projectId ?? undefined)}
          >
            Resume
          </button>
        </li>
      ))}
      {resume.isError && (
        <li>
          <ErrorMessage explanation={explainProblem(resume.error)} />
        </li>
      )}
    </ul>
  );
}
