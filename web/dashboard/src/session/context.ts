import { ProblemError, type Principal, type Right, type Session } from '@project-sync/react';
import { createContext, useContext } from 'react';
import { client, storedToken, storeToken } from '../api.js';

/** Of what something may be done: of a project that one sees, or of the tenant as a whole. */
export type Where = 'project' | 'tenant';

export interface SessionTools {
  session: Session;
  /** What is not allowed is not offered. The server decides anyway. */
  may: (right: Right, where?: Where) => boolean;
  /** Goes on with an answer that tells another session. */
  enter: (session: Session) => void;
  /** Asks for the session anew: somebody's role may have changed. */
  ask: () => void;
  /** Ends the session, and forgets what it showed. */
  leave: () => Promise<void>;
}

export const SessionContext = createContext<SessionTools | undefined>(undefined);

export function useSession(): SessionTools {
  const tools = useContext(SessionContext);
  if (!tools) throw new Error('There is no session here.');
  return tools;
}

/** Whether pages may be shown. */
export function isIn({ access, principal }: Session): boolean {
  return access === 'open' || principal != null;
}

/** Differs between all whose pages must not be mixed. */
export function identityOf({ principal }: Session): string {
  if (!principal) return '';
  return [principal.kind, principal.id, principal.name, principal.tenant?.id, principal.projectId].join(' ');
}

export function mayOf({ access, principal }: Session): SessionTools['may'] {
  return (right, where = 'project') => {
    if (!principal) return access === 'open';
    // What is of one project has nothing to say of the others.
    if (where === 'tenant' && principal.projectId != null) return false;
    return principal.rights.includes(right);
  };
}

/** Asks who this is. A token that does not hold any more is forgotten. */
export async function askSession(signal?: AbortSignal): Promise<Session> {
  const session = await client.session.get({ signal }).catch((error: unknown) => {
    if (error instanceof ProblemError && error.status === 401 && storedToken() !== '') return undefined;
    throw error;
  });
  if (session && isIn(session)) return session;
  if (storedToken() === '' && session) return session;
  storeToken('');
  return client.session.get({ signal });
}

const ROLES = { owner: 'Owner', member: 'Member', viewer: 'Viewer' };

/** What somebody is, in a word. */
export function roleName({ kind, role, rights }: Pick<Principal, 'kind' | 'role' | 'rights'>): string {
  if (kind === 'token') return 'API token';
  if (role) return ROLES[role];
  return rights.includes('operate') ? 'Operator' : 'No role';
}
