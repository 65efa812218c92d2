import { Dialog, ErrorMessage, explainProblem } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useId, useState, type FormEvent, type ReactNode } from 'react';

export interface ConfirmProps {
  title: string;
  /** What will be so afterwards. */
  children: ReactNode;
  /** The words on the button, and while it is being done. */
  action: string;
  doing: string;
  /** The words on the other button. */
  keep?: string;
  /** To be typed before the button can be pressed. */
  word?: string;
  /** Whether something is still to be filled in. */
  isIncomplete?: boolean;
  /** Whether what it does cannot be undone. */
  isFinal?: boolean;
  act: () => Promise<unknown>;
  onDone: () => void;
  onClose: () => void;
}

/** Asks before something is done, and says why if it could not be. */
export function Confirm(props: ConfirmProps) {
  const { title, children, action, doing, keep = 'Keep', word, isIncomplete = false, isFinal = false, act, onDone, onClose } = props;
  const id = useId();
  const [typed, setTyped] = useState('');
  const run = useMutation({ mutationFn: act, onSuccess: onDone });
  const isMissing = isIncomplete || (word !== undefined && typed.trim() !== word.trim());
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isMissing && !run.isPending) run.mutate();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      isBusy={run.isPending}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose} disabled={run.isPending}>
            {keep}
          </button>
          <button
            type="submit"
            form={id}
            className={`ps-button ps-primary ${isFinal ? 'final' : ''}`}
            disabled={isMissing || run.isPending}
          >
            {run.isPending ? doing : action}
          </button>
        </>
      }
    >
      <form id={id} className="confirm" onSubmit={submit}>
        {children}
        {word !== undefined && (
          <div className="field">
            <label htmlFor={`${id}-word`}>
              Type <strong>{word}</strong> to go on
            </label>
            <input
              id={`${id}-word`}
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              autoComplete="off"
              autoCapitalize="off"
              spellCheck={false}
            />
          </div>
        )}
        {run.isError && <ErrorMessage explanation={explainProblem(run.error)} />}
      </form>
    </Dialog>
  );
}
