import { formatAgo, formatDate, plural, useNow, type Webhook, type WebhookDelivery } from '@project-sync/react';
import { useState } from 'react';
import { client } from '../../../api.js';
import { More, usePaged } from '../../../parts/paged.js';
import { Empty, Failed, Loading } from '../../../parts/states.js';
import { useUrl } from '../../../parts/url.js';
import { DeliveryDialog } from './delivery.js';
import { AGO_MS, EVERY_MS, KEY, kindWords, STATES } from './shared.js';

/** What was and is to be sent, the latest first. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const now = useNow(true, AGO_MS);
  const [search, change] = useUrl();
  const [shown, setShown] = useState<string>();
  const asked = search.get('status');
  const status = asked !== null && asked in STATES ? (asked as WebhookDelivery['status']) : undefined;
  const { items, list } = usePaged(
    [...KEY, webhook.id, 'deliveries', status],
    (query, options) => client.webhooks.deliveries.list(webhook.id, { ...query, status }, options),
    EVERY_MS,
  );
  return (
    <section className="panel stack" aria-labelledby="deliveries">
      <h2 id="deliveries">Deliveries</h2>
      <div className="filters">
        <label className="ps-field">
          <span className="ps-hidden">Status</span>
          <select value={status ?? ''} onChange={(event) => change({ status: event.target.value })}>
            <option value="">All</option>
            {Object.entries(STATES).map(([value, { words }]) => (
              <option key={value} value={value}>
                {words}
              </option>
            ))}
          </select>
        </label>
      </div>
      {list.isPending && <Loading what="deliveries" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title={status === undefined ? 'Nothing was sent yet' : 'There is none'}>{status === undefined && 'Send a test, or sync a project.'}</Empty>}
      <ul className="list" aria-label="Deliveries" aria-busy={list.isPlaceholderData}>
        {items.map((delivery) => (
          <Row key={delivery.id} delivery={delivery} now={now} onShow={() => setShown(delivery.id)} />
        ))}
      </ul>
      <More list={list} />
      {shown !== undefined && <DeliveryDialog webhook={webhook} id={shown} onClose={() => setShown(undefined)} />}
    </section>
  );
}

interface RowProps {
  delivery: WebhookDelivery;
  now: number;
  onShow: () => void;
}

function Row({ delivery, now, onShow }: RowProps) {
  const { kind, attempts, responseStatus, error, createdAt } = delivery;
  const { words, status } = STATES[delivery.status];
  const facts = [attempts > 0 && plural(attempts, 'attempt'), error ?? (responseStatus != null && `answered ${responseStatus}`)];
  return (
    <li>
      <div className="list-what">
        <strong>{kindWords(kind)}</strong>
        <span className="status" data-status={status}>
          {words}
        </span>
        <span className="ps-muted list-facts">
          <time dateTime={createdAt} title={formatDate(createdAt)}>
            {formatAgo(createdAt, now)}
          </time>
          {facts.filter(Boolean).map((fact) => ` · ${String(fact)}`)}
        </span>
      </div>
      <span className="list-actions">
        <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={onShow}>
          Details
          <span className="ps-hidden">
            {' '}
            of {kindWords(kind)}, {formatAgo(createdAt, now)}
          </span>
        </button>
      </span>
    </li>
  );
}
