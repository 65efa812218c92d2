import { ProblemError, type Session } from '@project-sync/react';
import { QueryClient, QueryClientProvider, useQuery, useQueryClient } from '@tanstack/react-query';
import { Activity, useEffect, useLayoutEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { client, onUnknown, storeToken } from '../api.js';
import { Failed, Loading } from '../parts/states.js';
import { askSession, identityOf, isIn, mayOf, SessionContext, type SessionTools } from './context.js';
import { Door } from './door.js';

const KEY = ['session'];

/**
 * Shows pages to those who may see them, and asks all others who they are. Where a session ends by itself, the page stays
 * as it is behind that question, for whoever comes back.
 */
export function Gate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const session = useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => askSession(signal),
    staleTime: 0,
    // Other windows of this browser may have logged out, or look at another tenant.
    refetchOnWindowFocus: 'always',
  });
  useEffect(() => onUnknown(() => void queries.invalidateQueries({ queryKey: KEY })), [queries]);

  const now = session.data;
  const isOut = now !== undefined && !isIn(now);
  const [inside, setInside] = useState<Session>();
  if (now && !isOut && now !== inside) setInside(now);
  useReturn(isOut);

  const enter = (session: Session) => queries.setQueryData(KEY, session);
  const leave = async () => {
    if (inside?.principal?.kind === 'user') await client.session.logOut().catch(ignoreEnded);
    storeToken('');
    const after = await askSession();
    setInside(undefined);
    enter(after);
  };
  if (!now) {
    return session.isError ? (
      <main className="ps page narrow">
        <h1>Project Sync</h1>
        <Failed error={session.error} onRetry={() => void session.refetch()} />
      </main>
    ) : (
      <Loading what="the page" />
    );
  }
  const ask = () => void queries.invalidateQueries({ queryKey: KEY });
  return (
    <>
      {isOut && <Door session={now} hasEnded={inside !== undefined} enter={enter} ask={ask} />}
      {inside && (
        <Activity mode={isOut ? 'hidden' : 'visible'}>
          <Inside key={identityOf(inside)} session={inside} tools={{ enter, ask, leave }}>
            {children}
          </Inside>
        </Activity>
      )}
    </>
  );
}

/** A session that has ended already need not be. */
function ignoreEnded(error: unknown): void {
  if (!(error instanceof ProblemError) || error.status !== 401) throw error;
}

interface InsideProps {
  session: Session;
  tools: Omit<SessionTools, 'session' | 'may'>;
  children: ReactNode;
}

/** What one identity sees, with a memory of its own: nothing of it is shown to the next one. */
function Inside({ session, tools, children }: InsideProps) {
  const outer = useQueryClient();
  const [own] = useState(() => new QueryClient({ defaultOptions: outer.getDefaultOptions() }));
  const wasHere = useRef(false);
  useEffect(() => {
    // Back after a while: what was refused then, and what is old now.
    if (wasHere.current) void own.invalidateQueries();
    wasHere.current = true;
  }, [own]);
  const may = useMemo(() => mayOf(session), [session]);
  return (
    <SessionContext value={{ ...tools, session, may }}>
      <QueryClientProvider client={own}>{children}</QueryClientProvider>
    </SessionContext>
  );
}

/** Whoever was let in is led to the page. */
function useReturn(isOut: boolean): void {
  const wasOut = useRef(false);
  // Before it is drawn: nobody has gone elsewhere by then.
  useLayoutEffect(() => {
    if (wasOut.current && !isOut) document.getElementById('main')?.focus({ preventScroll: true });
    wasOut.current = isOut;
  }, [isOut]);
}
