import { lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { Link, Redirect, Route, Switch, useLocation, useRoute } from 'wouter';
import { ProjectPage } from './pages/project.js';
import { ProjectsPage } from './pages/projects.js';
import { Loading } from './parts/states.js';
import { ThemeSwitch } from './parts/theme-switch.js';
import { useSession } from './session/context.js';
import { Gate } from './session/gate.js';
import { Needs } from './session/needs.js';
import { UserMenu } from './session/user-menu.js';

const QueuePage = lazy(() => import('./pages/queue/page.js'));
const SettingsPages = lazy(() => import('./pages/settings/pages.js'));

export function App() {
  return (
    <Gate>
      <Frame>
        <Pages />
      </Frame>
    </Gate>
  );
}

/** What all pages have around them. */
function Frame({ children }: { children: ReactNode }) {
  const { may } = useSession();
  const main = useRef<HTMLElement>(null);
  const [path] = useLocation();
  const before = useRef(path);
  useEffect(() => {
    // A new page begins at its top, and is told to those who hear it.
    if (before.current === path) return;
    before.current = path;
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [path]);
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <header className="top ps">
        <Link href="/" className="brand">
          <img src="/icon.svg" alt="" width="24" height="24" />
          Project Sync
        </Link>
        <nav aria-label="Main">
          <NavLink href="/" also="/projects/*?">
            Projects
          </NavLink>
          {may('operate') && <NavLink href="/queue">Queue</NavLink>}
          {(may('operate') || may('admin', 'tenant')) && (
            <NavLink href="/settings" also="/settings/*?">
              Settings
            </NavLink>
          )}
        </nav>
        <div className="top-end">
          <ThemeSwitch />
          <UserMenu />
        </div>
      </header>
      <main id="main" ref={main} tabIndex={-1} className="ps">
        <Suspense fallback={<Loading what="the page" />}>{children}</Suspense>
      </main>
    </>
  );
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={ProjectsPage} />
      <Route path="/projects/:id/*?">{({ id }) => <ProjectPage key={id} id={id} />}</Route>
      <Route path="/queue">
        <Needs right="operate" title="Queue">
          <QueuePage />
        </Needs>
      </Route>
      <Route path="/settings/*?" component={SettingsPages} />
      <Route>
        <Redirect to="/" replace />
      </Route>
    </Switch>
  );
}

function NavLink({ href, also, children }: { href: string; also?: string; children: string }) {
  const [isHere] = useRoute(href);
  const [isBelow] = useRoute(also ?? href);
  return (
    <Link href={href} aria-current={isHere ? 'page' : isBelow ? 'true' : undefined}>
      {children}
    </Link>
  );
}
