import { ErrorMessage, explainProblem, ProblemError, type Session } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { client, storeToken } from '../api.js';
import { TextField } from '../parts/field.js';
import { ChooseTenant } from './choose-tenant.js';
import { DoorPage } from './door.js';

/** The wait if the server does not say how long it is to be. */
const USUAL_WAIT_MS = 30_000;
/** How often the count-down looks at the clock. */
const TICK_MS = 250;

interface LogInProps {
  hasEnded: boolean;
  enter: (session: Session) => void;
  onToken: () => void;
}

/** By name and password; then a tenant, if there are several. */
export function LogIn({ hasEnded, enter, onToken }: LogInProps) {
  const [arrived, setArrived] = useState<Session>();
  if (arrived) {
    return (
      <DoorPage title="Choose a tenant">
        <ChooseTenant session={arrived} onChosen={enter} />
      </DoorPage>
    );
  }
  return (
    <DoorPage title="Log in">
      <LogInForm
        hasEnded={hasEnded}
        onDone={(session) => (session.tenants.length > 1 ? setArrived(session) : enter(session))}
        onToken={onToken}
      />
    </DoorPage>
  );
}

function LogInForm({ hasEnded, onDone, onToken }: { hasEnded: boolean; onDone: (session: Session) => void; onToken: () => void }) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const nameField = useRef<HTMLInputElement>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  useEffect(() => nameField.current?.focus(), []);
  const [until, setUntil] = useState(0);
  const logIn = useMutation({
    mutationFn: () => {
      // One way in at a time.
      storeToken('');
      return client.session.logIn({ name: name.trim(), password });
    },
    onSuccess: onDone,
    onError: (error) => {
      if (isThrottled(error)) setUntil(Date.now() + (error.retryAfterMs ?? USUAL_WAIT_MS));
      passwordField.current?.select();
    },
  });
  const waitMs = useWait(until);
  const isReady = name.trim() !== '' && password !== '' && waitMs === 0 && !logIn.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) logIn.mutate();
  };
  const isWrong = logIn.error instanceof ProblemError && logIn.error.code === 'invalid-credentials';
  return (
    <form className="panel stack" onSubmit={submit} noValidate>
      {hasEnded && (
        <p className="notice" role="status">
          Your session has ended. Log in again: the page is as you left it.
        </p>
      )}
      <TextField label="Name" ref={nameField} value={name} onChange={setName} autoComplete="username" isCode />
      <TextField
        label="Password"
        ref={passwordField}
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        wrong={isWrong ? 'Name or password is wrong.' : undefined}
        hint=""
      />
      <button type="submit" className="ps-button ps-primary" disabled={!isReady}>
        {logIn.isPending ? 'Logging in…' : 'Log in'}
      </button>
      {waitMs > 0 && <Throttled seconds={Math.ceil(waitMs / 1000)} />}
      {logIn.isError && !isWrong && !isThrottled(logIn.error) && <ErrorMessage explanation={explainProblem(logIn.error)} />}
      <p className="hint">
        <button type="button" className="ps-link" onClick={onToken}>
          Use an API token
        </button>
      </p>
      <p className="hint">
        Forgotten? On the server, <code>project-sync user password</code> sets another one.
      </p>
    </form>
  );
}

function isThrottled(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.status === 429;
}

/** How long is still to wait, in milliseconds. */
function useWait(until: number): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const look = () => {
      const left = Math.max(0, until - Date.now());
      setLeft(left);
      if (left === 0) clearInterval(timer);
    };
    const timer = setInterval(look, TICK_MS);
    look();
    return () => clearInterval(timer);
  }, [until]);
  return left;
}

/** Counts for those who see it; said once to those who hear it. */
function Throttled({ seconds }: { seconds: number }) {
  const [first] = useState(seconds);
  return (
    <div className="ps-error">
      <div>
        <p className="ps-error-title" role="alert">
          Too many tries<span className="ps-hidden">. Wait {first} seconds.</span>
        </p>
        <p aria-hidden="true">Try again in {seconds} s.</p>
      </div>
    </div>
  );
}
