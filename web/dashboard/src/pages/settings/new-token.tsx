import { Dialog, ErrorMessage, explainProblem, type MadeApiToken, type NewApiToken, type Project, type Scope } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { client } from '../../api.js';
import { CopyField } from '../../parts/copy-field.js';
import { fieldProblem, SelectField, TextField } from '../../parts/field.js';
import { useSession } from '../../session/context.js';

const DAY_MS = 86_400_000;

const LIVES = [
  ['30', 'in 30 days'],
  ['90', 'in 90 days'],
  ['365', 'in a year'],
  ['', 'never'],
] as const;

const SCOPES: readonly (readonly [Scope, name: string, what: string])[] = [
  ['read', 'Read', 'look at projects, files, memory, history and events'],
  ['sync', 'Sync', 'start, cancel and restore syncs'],
  ['admin', 'Admin', 'projects, tokens, members, the audit log'],
];

interface NewTokenProps {
  projects: Project[];
  onMade: () => void;
  onClose: () => void;
}

/** Makes a token, and shows it this once. */
export function NewToken({ projects, onMade, onClose }: NewTokenProps) {
  const make = useMutation({ mutationFn: (token: NewApiToken) => client.tokens.create(token), onSuccess: onMade });
  if (make.data) return <Made made={make.data} onClose={onClose} />;
  return <Ask projects={projects} make={make.mutate} isBusy={make.isPending} error={make.error} onClose={onClose} />;
}

interface AskProps {
  projects: Project[];
  make: (token: NewApiToken) => void;
  isBusy: boolean;
  error: Error | null;
  onClose: () => void;
}

function Ask({ projects, make, isBusy, error, onClose }: AskProps) {
  const id = useId();
  const { may } = useSession();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<Scope[]>(['read']);
  const [projectId, setProjectId] = useState('');
  const [days, setDays] = useState<(typeof LIVES)[number][0]>('90');
  const [operator, setOperator] = useState(false);
  const isReady = name.trim() !== '' && scopes.length > 0 && !isBusy;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    make({
      name: name.trim(),
      scopes,
      projectId: projectId || undefined,
      expiresAt: days === '' ? undefined : new Date(Date.now() + Number(days) * DAY_MS).toISOString(),
      operator: operator || undefined,
    });
  };
  const ofName = fieldProblem(error, 'name');
  return (
    <Dialog
      title="New API token"
      onClose={onClose}
      isBusy={isBusy}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose} disabled={isBusy}>
            Leave it
          </button>
          <button type="submit" form={id} className="ps-button ps-primary" disabled={!isReady}>
            {isBusy ? 'Making…' : 'Make the token'}
          </button>
        </>
      }
    >
      <form id={id} className="confirm" onSubmit={submit} noValidate>
        <TextField label="Name" value={name} onChange={setName} maxLength={100} autoComplete="off" wrong={ofName} hint="What it is for: to know it again." />
        <fieldset className="choices">
          <legend>It may</legend>
          {SCOPES.map(([scope, title, what]) => (
            <label key={scope} className="check">
              <input
                type="checkbox"
                checked={scopes.includes(scope)}
                onChange={(event) => setScopes(SCOPES.map(([each]) => each).filter((each) => (each === scope ? event.target.checked : scopes.includes(each))))}
              />
              <span>
                {title} <span className="ps-muted">{what}</span>
              </span>
            </label>
          ))}
          {may('operate') && (
            <label className="check">
              <input type="checkbox" checked={operator} disabled={projectId !== ''} onChange={(event) => setOperator(event.target.checked)} />
              <span>
                Operate <span className="ps-muted">the queue and settings of the whole service</span>
              </span>
            </label>
          )}
        </fieldset>
        <div className="side-by-side">
          <SelectField
            label="Project"
            value={projectId}
            onChange={(id) => {
              setProjectId(id);
              // What is of one project operates nothing.
              if (id !== '') setOperator(false);
            }}
            options={[['', 'All projects'], ...projects.map(({ id, name }) => [id, `Only ${name}`] as const)]}
          />
          <SelectField label="Expires" value={days} onChange={setDays} options={LIVES} />
        </div>
        {error && !ofName && <ErrorMessage explanation={explainProblem(error)} />}
      </form>
    </Dialog>
  );
}

function Made({ made, onClose }: { made: MadeApiToken; onClose: () => void }) {
  return (
    <Dialog
      title={made.name}
      onClose={onClose}
      isKept
      footer={
        <button type="button" className="ps-button ps-primary" onClick={onClose}>
          I have kept it
        </button>
      }
    >
      <p>Keep it now, where secrets are kept: it is not shown again.</p>
      <CopyField label="Token" value={made.token} isFirst />
      <p>With it in the variable PROJECT_SYNC_TOKEN:</p>
      <pre className="entry-body" tabIndex={0} aria-label="Example">
        {`curl -H "Authorization: Bearer $PROJECT_SYNC_TOKEN" \\\n  ${window.location.origin}/api/v1/projects`}
      </pre>
    </Dialog>
  );
}
