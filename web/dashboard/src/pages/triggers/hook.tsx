import { ErrorMessage, explainProblem, formatAgo, formatDate, useNow, type Hook, type HookKind, type IssuedHook, type ProjectDetail } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { CopyField } from '../../parts/copy-field.js';
import { fieldProblem, noneIf, SelectField, TextField } from '../../parts/field.js';
import { Failed, Loading } from '../../parts/states.js';
import { HookDeliveries } from './hook-deliveries.js';
import { AGO_MS, DELIVERY, EVERY_MS, HOSTS, addressOf, likelyHost } from './hook-words.js';
import { HookIssued, HookSteps } from './hook-issued.js';

/** What the host sends here when something is pushed: set up, looked at, given another secret, removed. */
export function HookSection({ project }: { project: ProjectDetail }) {
  const queries = useQueryClient();
  const queryKey = ['hook', project.id];
  const [issued, setIssued] = useState<IssuedHook>();
  const hook = useQuery({
    queryKey,
    queryFn: ({ signal }) => client.projects.hook.get(project.id, { signal }).catch(noneIf('hook-not-found')),
    refetchInterval: EVERY_MS,
  });
  const again = () => void queries.invalidateQueries({ queryKey });
  const onSet = (value: IssuedHook) => {
    setIssued(value);
    const { secret: _, ...told } = value;
    queries.setQueryData(queryKey, told);
  };
  return (
    <section className="panel stack" aria-labelledby="hook">
      <div>
        <h2 id="hook">Webhook from the host</h2>
        <p className="ps-muted">The host tells of each push, and the branch is synced at once, if it was synced before.</p>
      </div>
      {hook.isPending && <Loading what="the webhook" />}
      {hook.isError && <Failed error={hook.error} onRetry={() => void hook.refetch()} />}
      {hook.data === null && <SetUp project={project} onSet={onSet} />}
      {hook.data && (
        <>
          <Current project={project} hook={hook.data} onSet={onSet} onRemoved={again} />
          <HookDeliveries project={project} hook={hook.data} />
        </>
      )}
      {issued && <HookIssued issued={issued} onClose={() => setIssued(undefined)} />}
    </section>
  );
}

interface SetUpProps {
  project: ProjectDetail;
  onSet: (issued: IssuedHook) => void;
}

function SetUp({ project, onSet }: SetUpProps) {
  const [kind, setKind] = useState<HookKind>(() => likelyHost(project.source));
  const [secret, setSecret] = useState('');
  const set = useMutation({
    mutationFn: () => client.projects.hook.set(project.id, { kind, ...(secret.trim() === '' ? {} : { secret: secret.trim() }) }),
    onSuccess: onSet,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!set.isPending) set.mutate();
  };
  const [ofKind, ofSecret] = [fieldProblem(set.error, 'kind'), fieldProblem(set.error, 'secret')];
  return (
    <form className="confirm" onSubmit={submit} noValidate aria-label="Set up a webhook">
      <div className="side-by-side">
        <SelectField label="Host" value={kind} onChange={setKind} options={HOSTS} wrong={ofKind} hint="" />
        <TextField
          label={
            <>
              Secret <span className="ps-muted">(made for you if empty)</span>
            </>
          }
          type="password"
          value={secret}
          onChange={setSecret}
          autoComplete="off"
          wrong={ofSecret}
          hint={kind === 'gitlab' ? 'Or GitLab’s signing token (whsec_…).' : 'At least 16 characters.'}
        />
      </div>
      <div>
        <button type="submit" className="ps-button ps-primary" disabled={set.isPending}>
          {set.isPending ? 'Setting up…' : 'Set up'}
        </button>
      </div>
      {set.isError && ofKind === undefined && ofSecret === undefined && <ErrorMessage explanation={explainProblem(set.error)} />}
    </form>
  );
}

interface CurrentProps extends SetUpProps {
  hook: Hook;
  onRemoved: () => void;
}

function Current({ project, hook, onSet, onRemoved }: CurrentProps) {
  const now = useNow(true, AGO_MS);
  const [asked, setAsked] = useState<'rotate' | 'remove'>();
  const close = () => setAsked(undefined);
  const name = HOSTS.find(([kind]) => kind === hook.kind)?.[1] ?? hook.kind;
  const { words = '' } = hook.lastResult ? DELIVERY[hook.lastResult] : {};
  return (
    <>
      <div className="notice credential">
        <p className="list-what">
          <strong>{name}</strong>
          <code>{hook.hint}</code>
          <span className="ps-muted">set {formatDate(hook.updatedAt)}</span>
          <span className="ps-muted list-facts">
            {hook.lastDeliveryAt == null ? 'Nothing was heard of it yet.' : `Last heard ${formatAgo(hook.lastDeliveryAt, now)}: ${words}`}
          </span>
        </p>
        <span className="buttons">
          <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('rotate')}>
            New secret…
          </button>
          <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('remove')}>
            Remove…<span className="ps-hidden"> the webhook</span>
          </button>
        </span>
      </div>
      <CopyField label="URL" value={addressOf(hook)} />
      <details>
        <summary>Where it goes at {name}</summary>
        <HookSteps kind={hook.kind} />
      </details>
      {asked === 'rotate' && (
        <Confirm
          title="Make a new secret?"
          action="Make it"
          doing="Making…"
          keep="Keep the old one"
          act={() => client.projects.hook.set(project.id, { kind: hook.kind }).then(onSet)}
          onDone={close}
          onClose={close}
        >
          <p>The old one ends at once: what the host sends is refused until it has the new one.</p>
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm
          title="Remove the webhook?"
          action="Remove"
          doing="Removing…"
          keep="Keep it"
          isFinal
          act={() => client.projects.hook.remove(project.id)}
          onDone={() => {
            close();
            onRemoved();
          }}
          onClose={close}
        >
          <p>What the host sends is refused from now on. Remove it there, too.</p>
        </Confirm>
      )}
    </>
  );
}
