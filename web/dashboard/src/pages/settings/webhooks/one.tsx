import { formatDate, plural, ErrorMessage, explainProblem, type IssuedWebhook, type Webhook } from '@project-sync/react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { client } from '../../../api.js';
import { Confirm } from '../../../parts/confirm.js';
import { Failed, Loading } from '../../../parts/states.js';
import { useTitle } from '../../../parts/title.js';
import { WebhookForm } from './form.js';
import { WebhookIssued } from './issued.js';
import { factsOf } from './list.js';
import { Deliveries } from './log.js';
import { EVERY_MS, KEY, useProjects } from './shared.js';

/** One webhook: what it is, what may be done to it, and what was sent to it. */
export function WebhookPage({ id }: { id: string }) {
  const webhook = useQuery({
    queryKey: [...KEY, id],
    queryFn: ({ signal }) => client.webhooks.get(id, { signal }),
    // It may be switched off by what comes of deliveries.
    refetchInterval: EVERY_MS,
  });
  useTitle('Webhook', webhook.data?.url);
  return (
    <div className="stack">
      <p className="ps-muted crumbs">
        <Link href="/settings/webhooks">All webhooks</Link>
      </p>
      {webhook.isPending && <Loading what="the webhook" />}
      {webhook.data === undefined && webhook.isError && <Failed error={webhook.error} onRetry={() => void webhook.refetch()} />}
      {webhook.data && (
        <>
          <About webhook={webhook.data} />
          <Deliveries webhook={webhook.data} />
        </>
      )}
    </div>
  );
}

type Asked = 'change' | 'rotate' | 'off' | 'remove';

function About({ webhook }: { webhook: Webhook }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [asked, setAsked] = useState<Asked>();
  const [issued, setIssued] = useState<IssuedWebhook>();
  const [told, setTold] = useState('');
  const projects = useProjects();
  const { id, url, projectId, enabled, failures, disabledReason, createdAt } = webhook;
  const close = () => setAsked(undefined);
  const done = (words: string) => {
    close();
    setTold(words);
    void queries.invalidateQueries({ queryKey: KEY });
  };
  const test = useMutation({ mutationFn: () => client.webhooks.test(id), onMutate: () => setTold(''), onSuccess: () => done('A test is on its way: see below.') });
  const switchOn = useMutation({ mutationFn: () => client.webhooks.update(id, { enabled: true }), onMutate: () => setTold(''), onSuccess: () => done('Switched on.') });
  const error = test.error ?? switchOn.error;
  const project = projectId == null ? undefined : (projects.find((each) => each.id === projectId)?.name ?? 'one project');
  return (
    <section className="panel stack" aria-labelledby="webhook">
      <div>
        <h2 id="webhook" className="source">
          {url}
        </h2>
        <p className="ps-muted">
          {factsOf(webhook, project)} · made {formatDate(createdAt)}
        </p>
      </div>
      {!enabled && (
        <p className="notice">
          <strong>It is off.</strong> {disabledReason ? `${disabledReason}. ` : ''}Nothing is sent to it.
        </p>
      )}
      {enabled && failures > 0 && <p className="notice">{plural(failures, 'delivery', 'deliveries')} in a row came to nothing.</p>}
      <div className="buttons">
        {enabled ? (
          <button type="button" className="ps-button" disabled={test.isPending} onClick={() => test.mutate()}>
            Send a test
          </button>
        ) : (
          <button type="button" className="ps-button ps-primary" disabled={switchOn.isPending} onClick={() => switchOn.mutate()}>
            Switch on
          </button>
        )}
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('change')}>
          Change…
        </button>
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('rotate')}>
          New secret…
        </button>
        {enabled && (
          <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('off')}>
            Switch off…
          </button>
        )}
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('remove')}>
          Remove…
        </button>
      </div>
      <p className="hint" role="status">
        {told}
      </p>
      {error && <ErrorMessage explanation={explainProblem(error)} />}
      {asked === 'change' && <Change webhook={webhook} onDone={() => done('It was changed.')} onClose={close} />}
      {asked === 'rotate' && (
        <Confirm
          title="Make a new secret?"
          action="Make it"
          doing="Making…"
          keep="Keep the old one"
          act={() => client.webhooks.rotateSecret(id).then(setIssued)}
          onDone={close}
          onClose={close}
        >
          <p>For a day the old one signs as well, so that nothing is lost until the receiver has the new one.</p>
        </Confirm>
      )}
      {asked === 'off' && (
        <Confirm
          title="Switch the webhook off?"
          action="Switch off"
          doing="Switching off…"
          keep="Leave it on"
          act={() => client.webhooks.update(id, { enabled: false })}
          onDone={() => done('Switched off.')}
          onClose={close}
        >
          <p>What waits for it is given up; it can be delivered again once the webhook is on.</p>
        </Confirm>
      )}
      {asked === 'remove' && (
        <Confirm
          title="Remove the webhook?"
          action="Remove"
          doing="Removing…"
          keep="Keep it"
          isFinal
          act={() => client.webhooks.remove(id)}
          onDone={() => {
            go('/settings/webhooks', { replace: true });
            queries.removeQueries({ queryKey: [...KEY, id] });
            void queries.invalidateQueries({ queryKey: KEY });
          }}
          onClose={close}
        >
          <p>It is told nothing any more, and its log is deleted.</p>
        </Confirm>
      )}
      {issued && <WebhookIssued issued={issued} onClose={() => setIssued(undefined)} />}
    </section>
  );
}

interface ChangeProps {
  webhook: Webhook;
  onDone: () => void;
  onClose: () => void;
}

function Change({ webhook, onDone, onClose }: ChangeProps) {
  const change = useMutation({
    mutationFn: ({ url, kinds }: { url: string; kinds: string[] }) => client.webhooks.update(webhook.id, { url, kinds }),
    onSuccess: onDone,
  });
  return (
    <WebhookForm
      title="Change the webhook"
      action="Change"
      doing="Changing…"
      before={webhook}
      isBusy={change.isPending}
      error={change.error}
      save={({ url, kinds }) => change.mutate({ url, kinds })}
      onClose={onClose}
    />
  );
}
