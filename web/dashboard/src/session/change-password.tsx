import { Dialog, ErrorMessage, explainProblem, ProblemError } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { client } from '../api.js';
import { fieldProblem, TextField } from '../parts/field.js';

export function ChangePassword({ onClose }: { onClose: () => void }) {
  const id = useId();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation({ mutationFn: () => client.session.changePassword({ current, new: next }) });
  const isReady = current !== '' && next !== '' && again === next && !change.isPending;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) change.mutate();
  };
  if (change.isSuccess) {
    return (
      <Dialog
        title="Change password"
        onClose={onClose}
        footer={
          <button type="button" className="ps-button ps-primary" onClick={onClose} autoFocus>
            Done
          </button>
        }
      >
        <p role="status">Your password is changed.</p>
      </Dialog>
    );
  }
  const isWrong = change.error instanceof ProblemError && change.error.code === 'invalid-credentials';
  const ofNext = fieldProblem(change.error, 'new');
  return (
    <Dialog
      title="Change password"
      onClose={onClose}
      isBusy={change.isPending}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose} disabled={change.isPending}>
            Keep it
          </button>
          <button type="submit" form={id} className="ps-button ps-primary" disabled={!isReady}>
            {change.isPending ? 'Changing…' : 'Change password'}
          </button>
        </>
      }
    >
      <form id={id} className="confirm" onSubmit={submit} noValidate>
        <TextField
          label="Current password"
          type="password"
          value={current}
          onChange={setCurrent}
          autoComplete="current-password"
          wrong={isWrong ? 'That is not your password.' : undefined}
          hint=""
        />
        <TextField label="New password" type="password" value={next} onChange={setNext} autoComplete="new-password" wrong={ofNext} hint="" />
        <TextField
          label="New password again"
          type="password"
          value={again}
          onChange={setAgain}
          autoComplete="new-password"
          wrong={again !== '' && again !== next ? 'The two are not the same.' : undefined}
          hint=""
        />
        {change.isError && !isWrong && !ofNext && <ErrorMessage explanation={explainProblem(change.error)} />}
      </form>
    </Dialog>
  );
}
