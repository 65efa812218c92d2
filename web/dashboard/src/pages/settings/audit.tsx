import { formatAgo, formatDate, label, useNow, type AuditEntry } from '@project-sync/react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { More, usePaged } from '../../parts/paged.js';
import { Empty, Failed, Loading } from '../../parts/states.js';
import { useTitle } from '../../parts/title.js';
import { useUrl } from '../../parts/url.js';

/** How often "5 min ago" is told anew. */
const AGO_MS = 30_000;

const ACTIONS: Record<string, string> = {
  'session.login': 'Logged in',
  'session.login_failed': 'Failed to log in',
  'session.logout': 'Logged out',
  setup: 'Set the service up',
  'password.change': 'Changed a password',
  'token.create': 'Made a token',
  'token.revoke': 'Revoked a token',
  'member.add': 'Added a member',
  'member.change': 'Changed a role',
  'member.remove': 'Removed a member',
  'project.create': 'Connected a project',
  'project.delete': 'Removed a project',
  'sync.start': 'Started a sync',
  'sync.cancel': 'Cancelled a sync',
  'sync.restore': 'Restored a sync',
  'credential.set': 'Set a credential',
  'credential.remove': 'Removed a credential',
  'hook.set': 'Set up a hook',
  'hook.remove': 'Removed a hook',
  'schedule.create': 'Made a schedule',
  'schedule.change': 'Changed a schedule',
  'schedule.remove': 'Removed a schedule',
  'polling.set': 'Turned polling on',
  'polling.remove': 'Turned polling off',
  'webhook.create': 'Made a webhook',
  'webhook.update': 'Changed a webhook',
  'webhook.delete': 'Removed a webhook',
  'webhook.rotate': 'Gave a webhook another secret',
  'webhook.test': 'Tried a webhook',
  'webhook.redeliver': 'Delivered something again',
  'webhook.disable': 'Switched off a webhook',
  'queue.pause': 'Paused the queue',
  'queue.resume': 'Resumed the queue',
  'job.requeue': 'Tried a job again',
  'job.cancel': 'Cancelled a job',
  'job.remove': 'Removed a job',
  'dead.requeue': 'Tried again what was given up',
  'dead.remove': 'Removed what was given up',
  'tenant.create': 'Made a tenant',
};

/** Who did what, the latest first. */
export function AuditPage() {
  useTitle('Audit log');
  const now = useNow(true, AGO_MS);
  const [search, change] = useUrl();
  const action = search.get('action') ?? undefined;
  const { items, list } = usePaged(['audit', action], (query, options) => client.audit.list({ ...query, action }, options));
  return (
    <section className="panel stack" aria-labelledby="audit">
      <div>
        <h2 id="audit">Audit log</h2>
        <p className="ps-muted">Who did what, and from where, the latest first.</p>
      </div>
      <div className="filters">
        <label className="ps-field">
          <span className="ps-hidden">Action</span>
          <select value={action ?? ''} onChange={(event) => change({ action: event.target.value })}>
            <option value="">All that was done</option>
            {action !== undefined && !(action in ACTIONS) && <option value={action}>{action}</option>}
            {Object.entries(ACTIONS).map(([value, words]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      {list.isPending && <Loading what="the audit log" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title={action === undefined ? 'Nothing was done yet' : 'Nobody did that yet'} />}
      <ul className="list" aria-label="Audit log" aria-busy={list.isPlaceholderData}>
        {items.map((entry) => (
          <Row key={entry.id} entry={entry} now={now} />
        ))}
      </ul>
      <More list={list} />
    </section>
  );
}

function Row({ entry, now }: { entry: AuditEntry; now: number }) {
  const { at, actor, address, action, target, detail } = entry;
  const more = Object.entries(detail ?? {}).filter(([, value]) => value != null && value !== '');
  return (
    <li>
      <div className="list-what">
        <strong>{ACTIONS[action] ?? action}</strong>
        <span>{actor.name || label(actor.kind)}</span>
        {actor.kind !== 'user' && actor.name !== '' && <span className="ps-tag">{label(actor.kind)}</span>}
        {target && <Target {...target} />}
        <span className="ps-muted list-facts">
          {more.map(([key, value]) => `${label(key).toLowerCase()}: ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(' · ')}
        </span>
      </div>
      <span className="list-when ps-muted">
        <time dateTime={at} title={formatDate(at)}>
          {formatAgo(at, now)}
        </time>
        {address && <span>{address}</span>}
      </span>
    </li>
  );
}

function Target({ kind, id }: { kind: string; id: string }) {
  if (kind === 'project') return <Link href={`/projects/${encodeURIComponent(id)}`}>the project</Link>;
  return (
    <span className="ps-muted" title={id}>
      {label(kind).toLowerCase()} <code>{id.slice(0, 8)}</code>
    </span>
  );
}
