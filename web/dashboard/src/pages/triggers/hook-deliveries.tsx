import { formatAgo, formatDate, shortCommit, useNow, type Hook, type HookDelivery, type ProjectDetail } from '@project-sync/react';
import { Link } from 'wouter';
import { client } from '../../api.js';
import { More, usePaged } from '../../parts/paged.js';
import { Failed, Loading } from '../../parts/states.js';
import { AGO_MS, DELIVERY, EVERY_MS } from './hook-words.js';

interface HookDeliveriesProps {
  project: ProjectDetail;
  hook: Hook;
}

/** What the host sent lately, and what came of it. */
export function HookDeliveries({ project }: HookDeliveriesProps) {
  const now = useNow(true, AGO_MS);
  const { items, list } = usePaged(
    ['hook', project.id, 'deliveries'],
    (query, options) => client.projects.hook.deliveries(project.id, query, options),
    EVERY_MS,
  );
  return (
    <div className="stack-small">
      <h3 id="heard">What was heard</h3>
      {list.isPending && <Loading what="what was heard" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <p className="ps-muted">Nothing yet. Hosts send a test once they have the URL, or with a button.</p>}
      <ul className="list" aria-labelledby="heard">
        {items.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} projectId={project.id} now={now} />
        ))}
      </ul>
      <More list={list} />
    </div>
  );
}

interface RowProps {
  delivery: HookDelivery;
  projectId: string;
  now: number;
}

function Row({ delivery, projectId, now }: RowProps) {
  const { words, status } = DELIVERY[delivery.result];
  const facts = [delivery.commit && shortCommit(delivery.commit), delivery.delivery];
  return (
    <li>
      <div className="list-what">
        <strong>{delivery.event}</strong>
        {delivery.branch &&
          (delivery.syncId ? (
            <Link href={`/projects/${projectId}/history?branch=${encodeURIComponent(delivery.branch)}`}>{delivery.branch}</Link>
          ) : (
            <span>{delivery.branch}</span>
          ))}
        <span className="ps-muted list-facts">{facts.filter(Boolean).join(' · ')}</span>
      </div>
      <span className="list-when ps-muted">
        <span className="status" data-status={status}>
          {words}
        </span>
        <time dateTime={delivery.receivedAt} title={formatDate(delivery.receivedAt)}>
          {formatAgo(delivery.receivedAt, now)}
        </time>
      </span>
    </li>
  );
}
