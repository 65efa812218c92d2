import { Link, Redirect, Route, Switch, useRoute } from 'wouter';
import { Empty } from '../../parts/states.js';
import { useTitle } from '../../parts/title.js';
import { useSession } from '../../session/context.js';
import { AuditPage } from './audit.js';
import { MembersPage } from './members.js';
import { ServicePage } from './service.js';
import { TokensPage } from './tokens.js';

/** All pages of settings that one may see. */
export default function SettingsPages() {
  const { may } = useSession();
  const [isIndex] = useRoute('/settings');
  const isOwner = may('admin', 'tenant');
  const pages = [
    ...(may('operate') ? [['', 'Service', ServicePage] as const] : []),
    ...(isOwner ? ([['/tokens', 'API tokens', TokensPage], ['/members', 'Members', MembersPage], ['/audit', 'Audit log', AuditPage]] as const) : []),
  ];
  const [first] = pages;
  if (isIndex && first && first[0] !== '') return <Redirect to={`/settings${first[0]}`} replace />;
  return (
    <div className="page narrow">
      <h1>Settings</h1>
      {pages.length > 0 && (
        <nav className="subnav" aria-label="Settings">
          {pages.map(([path, name]) => (
            <PageLink key={path} href={`/settings${path}`} name={name} />
          ))}
        </nav>
      )}
      <Switch>
        {pages.map(([path, , Page]) => (
          <Route key={path} path={`/settings${path}`} component={Page} />
        ))}
        <Route component={Refused} />
      </Switch>
    </div>
  );
}

function Refused() {
  useTitle('Settings');
  return <Empty title="Not for you">Only owners and operators may see these pages. Ask one of them if you need it.</Empty>;
}

function PageLink({ href, name }: { href: string; name: string }) {
  const [isHere] = useRoute(href);
  return (
    <Link href={href} aria-current={isHere ? 'page' : undefined}>
      {name}
    </Link>
  );
}
