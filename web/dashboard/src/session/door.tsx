import type { Session } from '@project-sync/react';
import { useState, type ReactNode } from 'react';
import { ThemeSwitch } from '../parts/theme-switch.js';
import { useTitle } from '../parts/title.js';
import { LogIn } from './log-in.js';
import { SetUp } from './set-up.js';
import { TokenLogIn } from './token-log-in.js';

export interface DoorProps {
  session: Session;
  /** Whether there was a session before, which ended by itself. */
  hasEnded: boolean;
  enter: (session: Session) => void;
  ask: () => void;
}

/** Asks who is there: by name and password, by a token, or for the very first user. */
export function Door({ session, hasEnded, enter, ask }: DoorProps) {
  const [withToken, setWithToken] = useState(false);
  if (withToken) {
    return (
      <DoorPage title="Log in with a token">
        <TokenLogIn enter={enter} onBack={() => setWithToken(false)} />
      </DoorPage>
    );
  }
  const useToken = () => setWithToken(true);
  if (!session.setUp) {
    return (
      <DoorPage title="Set up Project Sync">
        <SetUp enter={enter} ask={ask} onToken={useToken} />
      </DoorPage>
    );
  }
  return <LogIn hasEnded={hasEnded} enter={enter} onToken={useToken} />;
}

export function DoorPage({ title, children }: { title: string; children: ReactNode }) {
  useTitle(title);
  return (
    <>
      <header className="top ps">
        <span className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Project Sync
        </span>
        <div className="top-end">
          <ThemeSwitch />
        </div>
      </header>
      <main className="ps page door">
        <h1>{title}</h1>
        {children}
      </main>
    </>
  );
}
