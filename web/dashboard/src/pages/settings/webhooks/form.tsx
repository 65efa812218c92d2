import { Dialog, ErrorMessage, explainProblem, type NewWebhook, type Project, type Webhook } from '@project-sync/react';
import { useId, useState, type FormEvent } from 'react';
import { fieldProblem, SelectField, TextField } from '../../../parts/field.js';
import { KINDS } from './shared.js';

interface WebhookFormProps {
  title: string;
  action: string;
  doing: string;
  /** The one to change; absent: a new one. */
  before?: Webhook;
  /** The projects to choose from; absent: what it is for stays. */
  projects?: Project[];
  isBusy: boolean;
  error: Error | null;
  save: (given: NewWebhook & { kinds: string[] }) => void;
  onClose: () => void;
}

const ALL = KINDS.map(([kind]) => kind);

/** Where to, and what of. */
export function WebhookForm({ title, action, doing, before, projects, isBusy, error, save, onClose }: WebhookFormProps) {
  const id = useId();
  const [url, setUrl] = useState(before?.url ?? '');
  const [projectId, setProjectId] = useState(before?.projectId ?? '');
  const [kinds, setKinds] = useState(before && before.kinds.length > 0 ? before.kinds : ALL);
  const [sent, setSent] = useState('');
  const isReady = url.trim() !== '' && kinds.length > 0 && !isBusy;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isReady) return;
    setSent(url);
    // All of them are also those that come later.
    save({ url: url.trim(), kinds: kinds.length === ALL.length ? [] : kinds, ...(projectId === '' ? {} : { projectId }) });
  };
  const ofUrl = fieldProblem(error, 'url');
  const ofProject = fieldProblem(error, 'projectId');
  return (
    <Dialog
      title={title}
      onClose={onClose}
      isBusy={isBusy}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose} disabled={isBusy}>
            Leave it
          </button>
          <button type="submit" form={id} className="ps-button ps-primary" disabled={!isReady}>
            {isBusy ? doing : action}
          </button>
        </>
      }
    >
      <form id={id} className="confirm" onSubmit={submit} noValidate>
        <TextField
          label="URL"
          value={url}
          onChange={setUrl}
          autoComplete="off"
          isCode
          maxLength={2000}
          placeholder="https://"
          wrong={sent === url ? ofUrl : undefined}
          hint="It takes POST requests, and answers 2xx within some seconds."
        />
        {projects && (
          <SelectField
            label="Project"
            value={projectId}
            onChange={setProjectId}
            options={[['', 'All projects'], ...projects.map(({ id, name }) => [id, `Only ${name}`] as const)]}
            wrong={ofProject}
            hint=""
          />
        )}
        <fieldset className="choices">
          <legend>It is told of</legend>
          {KINDS.map(([kind, words]) => (
            <label key={kind} className="check">
              <input
                type="checkbox"
                checked={kinds.includes(kind)}
                onChange={(event) => setKinds(ALL.filter((each) => (each === kind ? event.target.checked : kinds.includes(each))))}
              />
              <span>
                {words} <code className="ps-muted">{kind}</code>
              </span>
            </label>
          ))}
        </fieldset>
        {error && ofUrl === undefined && ofProject === undefined && <ErrorMessage explanation={explainProblem(error)} />}
      </form>
    </Dialog>
  );
}
