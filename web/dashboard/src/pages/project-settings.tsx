import { ErrorMessage, explainProblem, formatDate, type Credential, type NewCredential } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { client } from '../api.js';
import { Confirm } from '../parts/confirm.js';
import { fieldProblem, noneIf, SelectField, TextField } from '../parts/field.js';
import { Failed, Loading } from '../parts/states.js';
import { sourceText } from '../source.js';
import type { ProjectPageProps } from './shared.js';

/** What owners set for a project: how its repository is read. */
export default function ProjectSettingsPage({ project }: ProjectPageProps) {
  const queries = useQueryClient();
  const queryKey = ['credential', project.id];
  const credential = useQuery({
    queryKey,
    queryFn: ({ signal }) => client.projects.credential.get(project.id, { signal }).catch(noneIf('credential-not-found')),
  });
  const set = (value: Credential | null) => queries.setQueryData(queryKey, value);
  return (
    <section className="panel stack" aria-labelledby="credential">
      <div>
        <h2 id="credential">Access to the repository</h2>
        <p className="ps-muted">
          Read with this where <span className="source">{sourceText(project.source)}</span> is not open to all. It is
          encrypted, and never shown again.
        </p>
      </div>
      {credential.isPending && <Loading what="the credential" />}
      {credential.isError && <Failed error={credential.error} onRetry={() => void credential.refetch()} />}
      {credential.isSuccess && (
        <>
          <Current projectId={project.id} credential={credential.data} onRemoved={() => set(null)} />
          <Replace key={credential.data?.updatedAt} projectId={project.id} isFirst={credential.data === null} onSet={set} />
        </>
      )}
    </section>
  );
}

const KINDS = { token: 'Personal token', githubApp: 'GitHub App' };

interface CurrentProps {
  projectId: string;
  credential: Credential | null;
  onRemoved: () => void;
}

function Current({ projectId, credential, onRemoved }: CurrentProps) {
  const [isOpen, setOpen] = useState(false);
  if (!credential) return <p className="notice">None is set: only what everybody may read is synced.</p>;
  return (
    <div className="notice credential">
      <p className="list-what">
        <strong>{KINDS[credential.kind]}</strong>
        <code>{credential.hint}</code>
        <span className="ps-muted">set {formatDate(credential.updatedAt)}</span>
      </p>
      <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Remove…
        <span className="ps-hidden"> the credential</span>
      </button>
      {isOpen && (
        <Confirm
          title="Remove the credential?"
          action="Remove"
          doing="Removing…"
          keep="Keep it"
          isFinal
          act={() => client.projects.credential.remove(projectId)}
          onDone={() => {
            setOpen(false);
            onRemoved();
          }}
          onClose={() => setOpen(false)}
        >
          <p>If the repository is private, syncs fail from now on. What was synced stays.</p>
        </Confirm>
      )}
    </div>
  );
}

interface ReplaceProps {
  projectId: string;
  isFirst: boolean;
  onSet: (credential: Credential) => void;
}

function Replace({ projectId, isFirst, onSet }: ReplaceProps) {
  const [kind, setKind] = useState<NewCredential['kind']>('token');
  const [token, setToken] = useState('');
  const [appId, setAppId] = useState('');
  const [installationId, setInstallationId] = useState('');
  const [privateKey, setPrivateKey] = useState('');
  const given = read(kind, token, appId, installationId, privateKey);
  const set = useMutation({ mutationFn: (value: NewCredential) => client.projects.credential.set(projectId, value), onSuccess: onSet });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (given && !set.isPending) set.mutate(given);
  };
  const wrong = (field: string) => fieldProblem(set.error, field);
  const isOfField = ['token', 'appId', 'installationId', 'privateKey'].some((field) => wrong(field) !== undefined);
  return (
    <form className="confirm" onSubmit={submit} noValidate aria-label={isFirst ? 'Set a credential' : 'Replace the credential'}>
      <SelectField label="Kind" value={kind} onChange={setKind} options={[['token', 'Personal token'], ['githubApp', 'GitHub App installation']]} />
      {kind === 'token' ? (
        <TextField label="Token" type="password" value={token} onChange={setToken} autoComplete="off" wrong={wrong('token')} hint="It needs no more than to read the repository’s contents." />
      ) : (
        <>
          <div className="side-by-side">
            <TextField label="App ID" value={appId} onChange={setAppId} autoComplete="off" isCode wrong={wrongId(appId) ?? wrong('appId')} hint="" />
            <TextField label="Installation ID" value={installationId} onChange={setInstallationId} autoComplete="off" isCode wrong={wrongId(installationId) ?? wrong('installationId')} hint="" />
          </div>
          <TextField label="Private key" value={privateKey} onChange={setPrivateKey} autoComplete="off" isCode isLong placeholder="-----BEGIN RSA PRIVATE KEY-----" wrong={wrong('privateKey')} hint="The whole file that GitHub gave (.pem)." />
        </>
      )}
      <div>
        <button type="submit" className="ps-button ps-primary" disabled={!given || set.isPending}>
          {set.isPending ? 'Setting…' : isFirst ? 'Set' : 'Replace'}
        </button>
      </div>
      {set.isError && !isOfField && <ErrorMessage explanation={explainProblem(set.error)} />}
    </form>
  );
}

/** What was typed, if it is all there. */
function read(kind: NewCredential['kind'], ...typed: string[]): NewCredential | undefined {
  const [token = '', appId = '', installationId = '', privateKey = ''] = typed.map((text) => text.trim());
  if (kind === 'token') return token === '' ? undefined : { kind, token };
  if (!isNumber(appId) || !isNumber(installationId) || privateKey === '') return undefined;
  // A key's file ends with the end of a line.
  return { kind, appId: Number(appId), installationId: Number(installationId), privateKey: `${privateKey}\n` };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text));
}

/** What is wrong with an id, as far as it can be told without asking. */
function wrongId(text: string): string | undefined {
  return text.trim() === '' || isNumber(text.trim()) ? undefined : 'It is a number.';
}
