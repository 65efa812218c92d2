import { Dialog, ErrorMessage, explainProblem, formatDate, formatDuration, type Webhook, type WebhookDelivery } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { client } from '../../../api.js';
import { Failed, Loading } from '../../../parts/states.js';
import { EVERY_MS, KEY, kindWords, STATES } from './shared.js';

interface DeliveryDialogProps {
  webhook: Webhook;
  id: string;
  onClose: () => void;
}

/** One delivery: what came of it, and what is sent; it can be sent again. */
export function DeliveryDialog({ webhook, id, onClose }: DeliveryDialogProps) {
  const queries = useQueryClient();
  const queryKey = [...KEY, webhook.id, 'delivery', id];
  const delivery = useQuery({
    queryKey,
    queryFn: ({ signal }) => client.webhooks.deliveries.get(webhook.id, id, { signal }),
    refetchInterval: ({ state }) => (state.data?.status === 'pending' ? EVERY_MS : false),
  });
  const again = useMutation({
    mutationFn: () => client.webhooks.deliveries.redeliver(webhook.id, id),
    onSuccess: (row) => {
      queries.setQueryData(queryKey, row);
      void queries.invalidateQueries({ queryKey: [...KEY, webhook.id, 'deliveries'] });
    },
  });
  const { data } = delivery;
  return (
    <Dialog
      title={data ? kindWords(data.kind) : 'Delivery'}
      onClose={onClose}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose}>
            Close
          </button>
          <button type="button" className="ps-button ps-primary" disabled={!data || data.status === 'pending' || !webhook.enabled || again.isPending} onClick={() => again.mutate()}>
            {again.isPending ? 'Asking…' : 'Deliver again'}
          </button>
        </>
      }
    >
      {delivery.isPending && <Loading what="the delivery" />}
      {!data && delivery.isError && <Failed error={delivery.error} onRetry={() => void delivery.refetch()} />}
      {data && <Facts delivery={data} />}
      {!webhook.enabled && <p className="ps-muted">The webhook is off: switch it on to deliver this again.</p>}
      {again.isError && <ErrorMessage explanation={explainProblem(again.error)} />}
      {data?.body != null && (
        <pre className="entry-body" tabIndex={0} aria-label="What is sent">
          {written(data.body)}
        </pre>
      )}
    </Dialog>
  );
}

function Facts({ delivery }: { delivery: WebhookDelivery }) {
  const { status, attempts, responseStatus, error, tookMs, eventId, createdAt, lastTriedAt, nextAt, finishedAt } = delivery;
  const { words, status: mood } = STATES[status];
  const facts: [string, string | undefined][] = [
    ['Attempts', String(attempts)],
    ['Answer', responseStatus == null ? undefined : String(responseStatus)],
    ['Error', error ?? undefined],
    ['It took', tookMs == null ? undefined : formatDuration(tookMs)],
    ['Made', formatDate(createdAt)],
    ['Last tried', lastTriedAt == null ? undefined : formatDate(lastTriedAt)],
    ['Tried again', nextAt == null ? undefined : formatDate(nextAt)],
    ['Ended', finishedAt == null ? undefined : formatDate(finishedAt)],
    ['Event', eventId],
  ];
  return (
    <dl className="values">
      <div>
        <dt>Status</dt>
        <dd>
          <span className="status" data-status={mood} role="status">
            {words}
          </span>
        </dd>
      </div>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value ?? <span className="ps-muted">–</span>}</dd>
        </div>
      ))}
    </dl>
  );
}

/** The body with its structure to be seen, if it has one. */
function written(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
