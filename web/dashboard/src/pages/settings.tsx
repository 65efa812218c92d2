import { useQuery } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { client, queries, storedToken, storeToken } from '../api.js';
import { Failed, Loading } from '../parts/states.js';
import { useTitle } from '../parts/title.js';
import { Values } from './values.js';

const WORDS = { ok: 'Fine', warn: 'Worth a look', fail: 'Broken' };

export default function SettingsPage() {
  useTitle('Settings');
  const doctor = useQuery({ queryKey: ['doctor'], queryFn: ({ signal }) => client.admin.doctor({ signal }) });
  return (
    <div className="page narrow">
      <h1>Settings</h1>
      <Access />
      <section className="panel">
        <h2>How the service is</h2>
        {doctor.isPending && <Loading what="the checks" />}
        {doctor.isError && <Failed error={doctor.error} onRetry={() => void doctor.refetch()} />}
        <ul className="list">
          {doctor.data?.checks.map((check) => (
            <li key={check.name}>
              <div className="list-what">
                <strong>{check.name}</strong>
                <span>{check.detail}</span>
                {check.advice && <span className="ps-muted">{check.advice}</span>}
              </div>
              <span className="status" data-status={check.status}>
                {WORDS[check.status]}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <Values />
      <p className="ps-muted">
        The API is described at <a href="/docs">/docs</a>.
      </p>
    </div>
  );
}

/** The token that this browser sends, for servers that ask for one. */
function Access() {
  const [token, setToken] = useState(storedToken);
  const [isSaved, setSaved] = useState(false);
  const save = (event: FormEvent) => {
    event.preventDefault();
    storeToken(token.trim());
    setSaved(true);
    void queries.invalidateQueries();
  };
  return (
    <form className="panel add" onSubmit={save}>
      <div className="field grow">
        <label htmlFor="token">Access token</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          value={token}
          onChange={(event) => {
            setToken(event.target.value);
            setSaved(false);
          }}
          aria-describedby="token-hint"
        />
        <p id="token-hint" className="hint" role="status">
          {isSaved ? 'Kept in this browser.' : 'Only if the service has one set (api.token). Kept in this browser alone.'}
        </p>
      </div>
      <button type="submit" className="ps-button">
        Save
      </button>
    </form>
  );
}
