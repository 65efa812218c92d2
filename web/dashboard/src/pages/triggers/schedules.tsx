import { ErrorMessage, explainProblem, formatAgo, useNow, type ProjectDetail, type Schedule } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { Empty, Failed, Loading } from '../../parts/states.js';
import { readCron } from './cron.js';
import { AGO_MS } from './hook-words.js';
import { ScheduleForm } from './schedule-form.js';
import { inZone, OWN_ZONE } from './zones.js';

/** How often the page asks anew while somebody sees it. */
const EVERY_MS = 15_000;

const RUNS: Record<NonNullable<Schedule['lastResult']>, string> = {
  queued: 'a sync was asked for',
  joined: 'a sync that waited did as well',
  noBranch: 'there was no branch to sync',
};

type Asked = { act: 'add' } | { act: 'change' | 'remove'; schedule: Schedule };

/** When syncs are asked for by the clock. */
export function SchedulesSection({ project }: { project: ProjectDetail }) {
  const queries = useQueryClient();
  const queryKey = ['schedules', project.id];
  const [asked, setAsked] = useState<Asked>();
  const [told, setTold] = useState('');
  const list = useQuery({
    queryKey,
    queryFn: ({ signal }) => client.projects.schedules.list(project.id, { signal }),
    refetchInterval: EVERY_MS,
  });
  const items = list.data?.items ?? [];
  const close = () => setAsked(undefined);
  const done = (words: string) => {
    close();
    setTold(words);
    void queries.invalidateQueries({ queryKey });
  };
  return (
    <section className="panel stack" aria-labelledby="schedules">
      <div className="row-head">
        <div>
          <h2 id="schedules">Schedules</h2>
          <p className="ps-muted">A sync is asked for at set times. One that was missed is made up for, once.</p>
        </div>
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked({ act: 'add' })}>
          Add a schedule…
        </button>
      </div>
      {list.isPending && <Loading what="schedules" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title="No schedule yet">Every night, say, or on weekdays at noon.</Empty>}
      <ul className="list" aria-label="Schedules">
        {items.map((schedule) => (
          <Row key={schedule.id} projectId={project.id} schedule={schedule} onAct={(act) => setAsked({ act, schedule })} onToggled={done} />
        ))}
      </ul>
      <p className="ps-hidden" role="status">
        {told}
      </p>
      {asked?.act === 'add' && <ScheduleForm project={project} onDone={() => done('The schedule was added.')} onClose={close} />}
      {asked?.act === 'change' && <ScheduleForm project={project} before={asked.schedule} onDone={() => done('The schedule was changed.')} onClose={close} />}
      {asked?.act === 'remove' && (
        <Confirm
          title="Remove the schedule?"
          action="Remove"
          doing="Removing…"
          keep="Keep it"
          isFinal
          act={() => client.projects.schedules.remove(project.id, asked.schedule.id)}
          onDone={() => done('The schedule was removed.')}
          onClose={close}
        >
          <p>{`${nameOf(asked.schedule)} (${asked.schedule.timeZone}): no sync is asked for then any more.`}</p>
        </Confirm>
      )}
    </section>
  );
}

/** What it is called: what it means, or the pattern as it is. */
function nameOf({ cron }: Schedule): string {
  const meaning = readCron(cron);
  return meaning.kind === 'words' ? meaning.words : cron;
}

interface RowProps {
  projectId: string;
  schedule: Schedule;
  onAct: (act: 'change' | 'remove') => void;
  onToggled: (words: string) => void;
}

function Row({ projectId, schedule, onAct, onToggled }: RowProps) {
  const now = useNow(true, AGO_MS);
  const { id, branch, cron, timeZone, jitterSeconds, enabled, lastAt, lastResult } = schedule;
  const name = nameOf(schedule);
  const toggle = useMutation({
    mutationFn: () => client.projects.schedules.change(projectId, id, { branch, cron, timeZone, jitterSeconds, enabled: !enabled }),
    onSuccess: () => onToggled(enabled ? 'The schedule is switched off.' : 'The schedule is switched on.'),
  });
  const last = lastAt == null ? 'never came due' : `last ${formatAgo(lastAt, now)}${lastResult ? `: ${RUNS[lastResult]}` : ''}`;
  return (
    <li data-over={!enabled || undefined} className="schedule">
      <div className="list-what">
        <strong>{name}</strong>
        <span className="tags">
          <span className="ps-tag">{branch ?? 'default branch'}</span>
          {!enabled && <span className="ps-tag warn">Off</span>}
        </span>
        <span className="ps-muted list-facts">
          <code>{cron}</code> · {timeZone}
          {jitterSeconds > 0 && ` · up to ${minutes(jitterSeconds)} later`} ·{' '}
          {lastResult === 'queued' || lastResult === 'joined' ? <Link href={`/projects/${projectId}/history${branch == null ? '' : `?branch=${encodeURIComponent(branch)}`}`}>{last}</Link> : last}
        </span>
        {toggle.isError && (
          <div className="list-facts">
            <ErrorMessage explanation={explainProblem(toggle.error)} />
          </div>
        )}
        {enabled && <NextRuns schedule={schedule} />}
      </div>
      <span className="list-actions">
        <button type="button" className="ps-button ps-quiet" disabled={toggle.isPending} onClick={() => toggle.mutate()}>
          {enabled ? 'Switch off' : 'Switch on'}
          <span className="ps-hidden"> {name}</span>
        </button>
        <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => onAct('change')}>
          Change<span className="ps-hidden"> {name}</span>
        </button>
        <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={() => onAct('remove')}>
          Remove<span className="ps-hidden"> {name}</span>
        </button>
      </span>
    </li>
  );
}

function minutes(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  return seconds >= 3600 ? 'an hour' : `${Math.round(seconds / 60)} min`;
}

/** When it comes due next: as clocks show it there, and here. */
function NextRuns({ schedule: { nextRuns, timeZone } }: { schedule: Schedule }) {
  const [next] = nextRuns;
  if (next === undefined) return <span className="list-facts">It does not come due any more.</span>;
  const isElsewhere = timeZone !== OWN_ZONE;
  return (
    <details className="list-facts">
      <summary>
        Next: <time dateTime={next}>{inZone(next, OWN_ZONE)}</time>
        {isElsewhere && ' your time'}
      </summary>
      <table className="runs">
        <thead>
          <tr>
            <th scope="col">{timeZone}</th>
            {isElsewhere && <th scope="col">Your time ({OWN_ZONE})</th>}
          </tr>
        </thead>
        <tbody>
          {nextRuns.map((run) => (
            <tr key={run}>
              <td>
                <time dateTime={run}>{inZone(run, timeZone)}</time>
              </td>
              {isElsewhere && <td>{inZone(run, OWN_ZONE)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
