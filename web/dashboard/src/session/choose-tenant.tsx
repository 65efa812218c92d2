import { ErrorMessage, explainProblem, label, type Session } from '@project-sync/react';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { client } from '../api.js';

export interface ChooseTenantProps {
  session: Session;
  onChosen: (session: Session) => void;
}

/** The tenants that one may look at; the one that is looked at now is marked. */
export function ChooseTenant({ session, onChosen }: ChooseTenantProps) {
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    const buttons = list.current;
    (buttons?.querySelector<HTMLElement>('[aria-current]') ?? buttons?.querySelector('button'))?.focus();
  }, []);
  const here = session.principal?.tenant?.id;
  const choose = useMutation({
    mutationFn: async (id: string) => (id === here ? session : client.session.switchTenant(id)),
    onSuccess: onChosen,
  });
  return (
    <>
      <ul className="states" ref={list} aria-label="Tenants">
        {session.tenants.map(({ id, name, role }) => (
          <li key={id}>
            <button
              type="button"
              aria-current={id === here ? 'true' : undefined}
              disabled={choose.isPending}
              onClick={() => choose.mutate(id)}
            >
              <span className="states-title">{name}</span>
              <span className="ps-muted">{label(role ?? 'operator')}</span>
            </button>
          </li>
        ))}
      </ul>
      {choose.isError && <ErrorMessage explanation={explainProblem(choose.error)} />}
    </>
  );
}
