import { lazy } from 'react';
import { Link, Redirect, Route, Switch, useRoute } from 'wouter';
import { Empty } from '../../parts/states.js';
import { Subnav } from '../../parts/subnav.js';
import { useTitle } from '../../parts/title.js';
import { useSession } from '../../session/context.js';
import { AuditPage } from './audit.js';
import { MembersPage } from './members.js';
import { ServicePage } from './service.js';
import { TokensPage } from './tokens.js';

const WebhookPages = lazy(() => import('./webhooks/pages.js'));

/** All pages of settings that one may see. */
export default function SettingsPages() {
  const { may } = useSession();
  const [isIndex] = useRoute('/settings');
  const isOwner = may('admin', 'tenant');
  const pages = [
    ...(may('operate') ? [['', 'Service', ServicePage] as const] : []),
    ...(isOwner ? ([['/tokens', 'API tokens', TokensPage], ['/members', 'Members', MembersPage], ['/webhooks', 'Webhooks', WebhookPages, '/webhooks/*?'], ['/audit', 'Audit log', AuditPage]] as const) : []),
  ];
  const [first] = pages;
  if (isIndex && first && first[0] !== '') return <Redirect to={`/settings${first[0]}`} replace />;
  return (
    <div className="page narrow">
      <h1>Settings</h1>
      {pages.length > 0 && (
        <Subnav label="Settings">
          {pages.map(([path, name, , below = path]) => (
            <PageLink key={path} href={`/settings${path}`} also={`/settings${below}`} name={name} />
          ))}
        </Subnav>
      )}
      <Switch>
        {pages.map(([path, , Page, below = path]) => (
          <Route key={path} path={`/settings${below}`} component={Page} />
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

function PageLink({ href, also, name }: { href: string; also: string; name: string }) {
  const [isHere] = useRoute(href);
  const [isBelow] = useRoute(also);
  return (
    <Link href={href} aria-current={isHere ? 'page' : isBelow ? 'true' : undefined}>
      {name}
    </Link>
  );
}
