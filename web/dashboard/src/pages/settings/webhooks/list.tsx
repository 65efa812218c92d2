import { plural, type IssuedWebhook, type NewWebhook, type Webhook } from '@project-sync/react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { client } from '../../../api.js';
import { More, usePaged } from '../../../parts/paged.js';
import { Empty, Failed, Loading } from '../../../parts/states.js';
import { useTitle } from '../../../parts/title.js';
import { WebhookForm } from './form.js';
import { WebhookIssued } from './issued.js';
import { KEY, kindWords, useProjects } from './shared.js';

/** All webhooks of the tenant. */
export function WebhooksPage() {
  useTitle('Webhooks');
  const [isOpen, setOpen] = useState(false);
  const { items, list } = usePaged(KEY, client.webhooks.list);
  const projects = useProjects();
  const names = new Map(projects.map(({ id, name }) => [id, name]));
  return (
    <section className="panel stack" aria-labelledby="webhooks">
      <div className="row-head">
        <div>
          <h2 id="webhooks">Webhooks</h2>
          <p className="ps-muted">Addresses that are told when a sync has ended. What is sent is signed, and tried again for about a day.</p>
        </div>
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          New webhook…
        </button>
      </div>
      {list.isPending && <Loading what="webhooks" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title="No webhook yet">A program that is to act on finished syncs needs one.</Empty>}
      <ul className="list" aria-label="Webhooks">
        {items.map((webhook) => (
          <Row key={webhook.id} webhook={webhook} project={webhook.projectId == null ? undefined : (names.get(webhook.projectId) ?? 'one project')} />
        ))}
      </ul>
      <More list={list} />
      {isOpen && <Add onClose={() => setOpen(false)} />}
    </section>
  );
}

interface RowProps {
  webhook: Webhook;
  /** The only project that it is told of. */
  project: string | undefined;
}

function Row({ webhook, project }: RowProps) {
  const { id, url, enabled, failures, disabledReason } = webhook;
  return (
    <li data-over={!enabled || undefined}>
      <div className="list-what">
        <strong>
          <Link href={`/settings/webhooks/${id}`}>{url}</Link>
        </strong>
        {!enabled && (
          <span className="tags">
            <span className="ps-tag warn">Off</span>
          </span>
        )}
        <span className="ps-muted list-facts">{factsOf(webhook, project)}</span>
        {disabledReason && <span className="list-facts">Switched off: {disabledReason}</span>}
        {enabled && failures > 0 && <span className="list-facts">{plural(failures, 'delivery', 'deliveries')} given up in a row</span>}
      </div>
    </li>
  );
}

/** What it is told of. */
export function factsOf({ kinds }: Webhook, project: string | undefined): string {
  const of = project === undefined ? 'all projects' : `only ${project}`;
  return `${of} · ${kinds.length === 0 ? 'all that happens' : kinds.map(kindWords).join(', ').toLowerCase()}`;
}

/** Asks what is wanted, then shows the secret this once. */
function Add({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient();
  const projects = useProjects();
  const make = useMutation({
    mutationFn: (webhook: NewWebhook): Promise<IssuedWebhook> => client.webhooks.create(webhook),
    onSuccess: () => void queries.invalidateQueries({ queryKey: KEY }),
  });
  if (make.data) return <WebhookIssued issued={make.data} onClose={onClose} />;
  return (
    <WebhookForm
      title="New webhook"
      action="Make the webhook"
      doing="Making…"
      projects={projects}
      isBusy={make.isPending}
      error={make.error}
      save={(given) => make.mutate(given)}
      onClose={onClose}
    />
  );
}
