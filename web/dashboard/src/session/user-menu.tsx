import { Dialog, ErrorMessage, explainProblem, type Session } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { ChangePassword } from './change-password.js';
import { ChooseTenant } from './choose-tenant.js';
import { roleName, useSession } from './context.js';

/** Who is logged in, and what one does about that. Nobody is, where the server is open. */
export function UserMenu() {
  const { session, enter, leave } = useSession();
  const [isOpen, setOpen] = useState(false);
  const [asked, setAsked] = useState<'password' | 'tenant'>();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const [, go] = useLocation();
  const logOut = useMutation({ mutationFn: leave, onMutate: () => go('/', { replace: true }) });
  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [isOpen]);
  const { principal, tenants } = session;
  if (!principal || principal.kind === 'local') return null;
  const ask = (what: 'password' | 'tenant') => {
    setOpen(false);
    button.current?.focus();
    setAsked(what);
  };
  const chosen = (next: Session) => {
    setAsked(undefined);
    // The other tenant has other projects.
    if (next.principal?.tenant?.id !== principal.tenant?.id) go('/');
    enter(next);
  };
  return (
    <div
      className="user"
      ref={root}
      onKeyDown={(event) => {
        if (!isOpen || event.key !== 'Escape') return;
        setOpen(false);
        button.current?.focus();
      }}
      onBlur={(event) => {
        if (event.relatedTarget && !root.current?.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <button
        ref={button}
        type="button"
        className="ps-button ps-quiet"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setOpen((open) => !open)}
      >
        <span className="ps-hidden">You: </span>
        <span className="user-name">{principal.name}</span>
      </button>
      {isOpen && (
        <div className="user-panel" id={id} role="group" aria-label="You">
          <dl>
            <dt className="ps-hidden">Name</dt>
            <dd className="user-title">{principal.name}</dd>
            <dt className="ps-hidden">Role and tenant</dt>
            <dd className="ps-muted">
              {roleName(principal)}
              {principal.tenant ? ` in ${principal.tenant.name}` : ''}
            </dd>
          </dl>
          {tenants.length > 1 && principal.kind === 'user' && (
            <button type="button" aria-haspopup="dialog" onClick={() => ask('tenant')}>
              Switch tenant…
            </button>
          )}
          {principal.kind === 'user' && (
            <button type="button" aria-haspopup="dialog" onClick={() => ask('password')}>
              Change password…
            </button>
          )}
          <button type="button" disabled={logOut.isPending} onClick={() => logOut.mutate()}>
            {logOut.isPending ? 'Logging out…' : 'Log out'}
          </button>
          {logOut.isError && <ErrorMessage explanation={explainProblem(logOut.error)} />}
        </div>
      )}
      {asked === 'password' && <ChangePassword onClose={() => setAsked(undefined)} />}
      {asked === 'tenant' && (
        <Dialog title="Switch tenant" onClose={() => setAsked(undefined)}>
          <ChooseTenant session={session} onChosen={chosen} />
        </Dialog>
      )}
    </div>
  );
}
