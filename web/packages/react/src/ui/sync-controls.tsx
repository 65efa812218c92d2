import { useEffect, useId, useRef, useState, type MouseEvent, type ReactNode } from 'react';
import type { Client } from '../api/client.js';
import type { ProjectSync } from '../sync/use-project-sync.js';
import { explainProblem } from '../sync/words.js';
import { BranchPicker } from './branch-picker.js';
import { MoreIcon } from './icons.js';
import { ErrorMessage } from './message.js';

export interface SyncControlsProps {
  client: Client;
  projectSync: ProjectSync;
  /** The chosen branch; absent: the default one. */
  branch: string | undefined;
  onBranchChange: (branch: string) => void;
  /** The default branch's name, if it is known. */
  defaultBranch?: string | null;
  /** Whether syncs may be started and cancelled; if not, the buttons are not there. */
  canSync?: boolean;
  children?: ReactNode;
}

/** The branch, and one button: it starts a sync, or cancels the one that has not ended. */
export function SyncControls(props: SyncControlsProps) {
  const { client, projectSync, branch, onBranchChange, defaultBranch, canSync = true, children } = props;
  const { projectId, sync, isRunning, pendingAction, start, cancel, actionError, dismissActionError } = projectSync;
  const isCancelling = isRunning && (sync?.cancelRequested || pendingAction === 'cancel');
  const press = (event: MouseEvent) => {
    // The second click of a double click would cancel what the first one started.
    if (event.detail > 1) return;
    void (isRunning ? cancel() : start());
  };
  return (
    <div className="ps ps-controls">
      <div className="ps-controls-row">
        <BranchPicker
          client={client}
          projectId={projectId}
          branch={branch}
          onChange={onBranchChange}
          defaultBranch={defaultBranch}
        />
        {canSync ? (
          <>
            <button
              type="button"
              className={`ps-button ps-main ${isRunning ? '' : 'ps-primary'}`}
              onClick={press}
              disabled={pendingAction !== undefined || isCancelling}
            >
              {buttonText(isRunning, isCancelling ?? false, pendingAction)}
            </button>
            <MoreMenu projectSync={projectSync} />
          </>
        ) : (
          <p className="ps-muted ps-controls-note">You may look, but not sync.</p>
        )}
        {children}
      </div>
      {actionError && (
        <ErrorMessage explanation={explainProblem(actionError)}>
          <button type="button" className="ps-link" onClick={dismissActionError}>
            Dismiss
          </button>
        </ErrorMessage>
      )}
    </div>
  );
}

function buttonText(isRunning: boolean, isCancelling: boolean, pending: ProjectSync['pendingAction']): string {
  if (isCancelling) return 'Cancelling…';
  if (isRunning) return 'Cancel';
  return pending === 'start' ? 'Starting…' : 'Sync now';
}

/** What is wanted rarely. */
function MoreMenu({ projectSync }: { projectSync: ProjectSync }) {
  const { isRunning, next, start, pendingAction } = projectSync;
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const menuId = useId();
  useEffect(() => {
    if (!isOpen) return;
    root.current?.querySelector<HTMLElement>('[role=menuitem]')?.focus();
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [isOpen]);
  const items: [string, string, boolean, () => void][] = [
    [
      'Sync everything anew',
      'Compares and derives all of it again, whatever is known',
      !isRunning,
      () => void start({ force: true }),
    ],
    [
      'Sync once more after this',
      next ? 'One waits already' : 'For a branch that has moved since this one began',
      isRunning && !next,
      () => void start({ queueNext: true }),
    ],
  ];
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const step = (by: number) => {
    const all = [...(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLElement);
    all[(at + by + all.length) % all.length]?.focus();
  };
  return (
    <div
      className="ps-menu-root"
      ref={root}
      onKeyDown={(event) => {
        if (!isOpen) return;
        if (event.key === 'Escape') close();
        else if (event.key === 'ArrowDown') step(1);
        else if (event.key === 'ArrowUp') step(-1);
        else if (event.key === 'Tab') return setOpen(false);
        else return;
        event.preventDefault();
      }}
    >
      <button
        ref={button}
        type="button"
        className="ps-button ps-square"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? menuId : undefined}
        disabled={pendingAction !== undefined}
        onClick={() => setOpen((open) => !open)}
      >
        <MoreIcon />
        <span className="ps-hidden">More</span>
      </button>
      {isOpen && (
        <div className="ps-menu" role="menu" id={menuId} aria-label="More">
          {items.map(([name, hint, isEnabled, act]) => (
            <button
              key={name}
              type="button"
              role="menuitem"
              tabIndex={-1}
              aria-disabled={!isEnabled}
              onClick={() => {
                if (!isEnabled) return;
                close();
                act();
              }}
            >
              <span>{name}</span>
              <span className="ps-muted">{hint}</span>
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
