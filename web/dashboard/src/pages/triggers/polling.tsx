import { ErrorMessage, explainProblem, formatAgo, formatRemaining, plural, useNow, type NewPolling, type Polling, type ProjectDetail } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { fieldProblem, noneIf, SelectField, TextField } from '../../parts/field.js';
import { Failed, Loading } from '../../parts/states.js';

/** How often the page asks anew while somebody sees it. */
const EVERY_MS = 5_000;

const PAUSES: readonly (readonly [seconds: string, words: string])[] = [
  ['30', 'every 30 seconds'],
  ['60', 'every minute'],
  ['300', 'every 5 minutes'],
  ['900', 'every 15 minutes'],
  ['3600', 'every hour'],
  ['21600', 'every 6 hours'],
  ['86400', 'every day'],
];

const RESULTS: Record<NonNullable<Polling['lastResult']>, { words: string; status: 'ok' | 'none' | 'fail' }> = {
  same: { words: 'Nothing new', status: 'ok' },
  changed: { words: 'Something new: a sync was asked for', status: 'ok' },
  failed: { words: 'The repository could not be asked', status: 'fail' },
};

/** Looking at the host now and then, for those whose host cannot reach the service. */
export function PollingSection({ project }: { project: ProjectDetail }) {
  const queries = useQueryClient();
  const queryKey = ['polling', project.id];
  const [told, setTold] = useState('');
  const polling = useQuery({
    queryKey,
    queryFn: ({ signal }) => client.projects.polling.get(project.id, { signal }).catch(noneIf('polling-not-found')),
    refetchInterval: EVERY_MS,
  });
  const set = (value: Polling | null, words: string) => {
    setTold(words);
    queries.setQueryData(queryKey, value);
  };
  return (
    <section className="panel stack" aria-labelledby="polling">
      <div>
        <h2 id="polling">Polling</h2>
        <p className="ps-muted">
          For hosts that cannot reach this service: it looks by itself now and then, and syncs where something is new.
        </p>
      </div>
      {polling.isPending && <Loading what="polling" />}
      {polling.isError && <Failed error={polling.error} onRetry={() => void polling.refetch()} />}
      {polling.data && <State projectId={project.id} polling={polling.data} onOff={() => set(null, 'Polling is off.')} />}
      {polling.isSuccess && <Form key={keyOf(polling.data)} projectId={project.id} polling={polling.data} onSet={(value) => set(value, 'Polling is set.')} />}
      <p className="ps-hidden" role="status">
        {told}
      </p>
    </section>
  );
}

/** Changes when the form is to be filled in anew. */
function keyOf(polling: Polling | null): string {
  return polling ? `${polling.everySeconds} ${branchesOf(polling)}` : 'off';
}

function branchesOf(polling: Polling | null): string {
  return polling?.branches?.join(' ') ?? '';
}

interface StateProps {
  projectId: string;
  polling: Polling;
  onOff: () => void;
}

function State({ projectId, polling, onOff }: StateProps) {
  const now = useNow(true);
  const [isOpen, setOpen] = useState(false);
  const { lastAt, lastResult, lastError, failures, nextAt } = polling;
  const remaining = Date.parse(nextAt) - now;
  const result = lastResult ? RESULTS[lastResult] : undefined;
  return (
    <div className="notice credential">
      <div className="list-what">
        <strong className="status" data-status={result?.status ?? 'none'}>
          {result?.words ?? 'Not looked yet'}
        </strong>
        {lastAt != null && <span className="ps-muted">{formatAgo(lastAt, now)}</span>}
        <span className="ps-muted list-facts">
          {remaining > 0 ? `Looks again in ${formatRemaining(remaining).replace(/^about | left$/g, '')}` : 'Looks again now'}
          {failures > 0 && ` · ${plural(failures, 'look')} failed: each makes the pause longer`}
        </span>
        {lastError && <span className="list-facts">{lastError}</span>}
      </div>
      <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Turn off…<span className="ps-hidden"> polling</span>
      </button>
      {isOpen && (
        <Confirm
          title="Turn polling off?"
          action="Turn off"
          doing="Turning off…"
          keep="Go on"
          act={() => client.projects.polling.remove(projectId)}
          onDone={() => {
            setOpen(false);
            onOff();
          }}
          onClose={() => setOpen(false)}
        >
          <p>What is pushed is then synced only when the host tells, a schedule comes due, or somebody asks.</p>
        </Confirm>
      )}
    </div>
  );
}

interface FormProps {
  projectId: string;
  polling: Polling | null;
  onSet: (polling: Polling) => void;
}

function Form({ projectId, polling, onSet }: FormProps) {
  const [every, setEvery] = useState(String(polling?.everySeconds ?? 300));
  const [branches, setBranches] = useState(branchesOf(polling));
  const set = useMutation({ mutationFn: (value: NewPolling) => client.projects.polling.set(projectId, value), onSuccess: onSet });
  const names = branches.split(/\s+/).filter(Boolean);
  const isSame = polling !== null && every === String(polling.everySeconds) && names.join(' ') === branchesOf(polling);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSame || set.isPending) return;
    set.mutate({ everySeconds: Number(every), ...(names.length === 0 ? {} : { branches: names }) });
  };
  const [ofEvery, ofBranches] = [fieldProblem(set.error, 'everySeconds'), fieldProblem(set.error, 'branches')];
  return (
    <form className="confirm" onSubmit={submit} noValidate aria-label={polling ? 'Change polling' : 'Turn polling on'}>
      <div className="side-by-side">
        <SelectField
          label="How often"
          value={every}
          onChange={setEvery}
          options={PAUSES.some(([seconds]) => seconds === every) ? PAUSES : [...PAUSES, [every, `every ${every} seconds`]]}
          wrong={ofEvery}
          hint=""
        />
        <TextField
          label={
            <>
              Branches <span className="ps-muted">(all that were ever synced if empty)</span>
            </>
          }
          value={branches}
          onChange={setBranches}
          autoComplete="off"
          isCode
          wrong={ofBranches}
          hint="Names with spaces between them."
        />
      </div>
      <div>
        <button type="submit" className={`ps-button ${polling ? '' : 'ps-primary'}`} disabled={isSame || set.isPending}>
          {set.isPending ? 'Setting…' : polling ? 'Change' : 'Turn on'}
        </button>
      </div>
      {set.isError && ofEvery === undefined && ofBranches === undefined && <ErrorMessage explanation={explainProblem(set.error)} />}
    </form>
  );
}
