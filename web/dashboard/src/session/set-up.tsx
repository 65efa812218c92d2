import { ErrorMessage, explainProblem, ProblemError, type Session } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { client, storeToken } from '../api.js';
import { fieldProblem, TextField } from '../parts/field.js';

interface SetUpProps {
  enter: (session: Session) => void;
  ask: () => void;
  onToken: () => void;
}

/** Makes the first user. */
export function SetUp({ enter, ask, onToken }: SetUpProps) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const make = useMutation({
    mutationFn: () => {
      storeToken('');
      return client.setUp({ name: name.trim(), password });
    },
    onSuccess: enter,
    onError: (error) => {
      // Somebody was faster: the page asks for the login then.
      if (error instanceof ProblemError && error.code === 'already-set-up') ask();
    },
  });
  const isDifferent = again !== '' && again !== password;
  const isReady = name.trim() !== '' && password !== '' && again === password && !make.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) make.mutate();
  };
  const ofName = fieldProblem(make.error, 'name');
  const ofPassword = fieldProblem(make.error, 'password');
  return (
    <form className="panel stack" onSubmit={submit} noValidate>
      <p>
        Nobody can log in yet. Make the first user: it owns what is here, may do everything, and lets others in later.
      </p>
      <TextField label="Name" ref={field} value={name} onChange={setName} autoComplete="username" maxLength={100} wrong={ofName} hint="To log in with." isCode />
      <TextField label="Password" type="password" value={password} onChange={setPassword} autoComplete="new-password" wrong={ofPassword} hint="Several words are easy to keep and hard to guess." />
      <TextField
        label="Password again"
        type="password"
        value={again}
        onChange={setAgain}
        autoComplete="new-password"
        wrong={isDifferent ? 'The two are not the same.' : undefined}
        hint=""
      />
      <button type="submit" className="ps-button ps-primary" disabled={!isReady}>
        {make.isPending ? 'Setting up…' : 'Make the user and log in'}
      </button>
      {make.isError && !ofName && !ofPassword && <ErrorMessage explanation={explainProblem(make.error)} />}
      <p className="hint">
        This works in a browser on the server’s own machine. Elsewhere, make the user there with{' '}
        <code>project-sync user add</code>, or{' '}
        <button type="button" className="ps-link" onClick={onToken}>
          use an API token
        </button>
        .
      </p>
    </form>
  );
}
