import { ErrorMessage, explainProblem, ProblemError, type Session } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { client, storeToken } from '../api.js';
import { TextField } from '../parts/field.js';

interface TokenLogInProps {
  enter: (session: Session) => void;
  onBack: () => void;
}

/** By a token that this browser keeps and sends with each request. */
export function TokenLogIn({ enter, onBack }: TokenLogInProps) {
  const [token, setToken] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const logIn = useMutation({ mutationFn: () => enterBy(token.trim()), onSuccess: (session) => session && enter(session) });
  const isRefused = logIn.isSuccess && logIn.data === undefined;
  const isReady = token.trim() !== '' && !logIn.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) logIn.mutate();
  };
  return (
    <form className="panel stack" onSubmit={submit} noValidate>
      <TextField
        label="API token"
        ref={field}
        type="password"
        value={token}
        onChange={(typed) => {
          setToken(typed);
          logIn.reset();
        }}
        autoComplete="off"
        wrong={isRefused ? 'It is not accepted: it may have been revoked, or has expired.' : undefined}
        hint="One that somebody made here (ps_…), or the server’s own (api.token)."
      />
      <p className="hint">It is kept in this browser until you log out.</p>
      <button type="submit" className="ps-button ps-primary" disabled={!isReady}>
        {logIn.isPending ? 'Logging in…' : 'Log in'}
      </button>
      {logIn.isError && <ErrorMessage explanation={explainProblem(logIn.error)} />}
      <p className="hint">
        <button type="button" className="ps-link" onClick={onBack}>
          Use name and password
        </button>
      </p>
    </form>
  );
}

/** The session that a token gives; nothing if it gives none, and then it is not kept. */
async function enterBy(token: string): Promise<Session | undefined> {
  storeToken(token);
  try {
    const session = await client.session.get();
    if (session.principal?.kind === 'token') return session;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.status !== 401) {
      storeToken('');
      throw error;
    }
  }
  storeToken('');
  return undefined;
}
