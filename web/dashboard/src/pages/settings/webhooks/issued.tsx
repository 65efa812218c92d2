import { Dialog, type IssuedWebhook } from '@project-sync/react';
import { CopyField } from '../../../parts/copy-field.js';

interface WebhookIssuedProps {
  issued: IssuedWebhook;
  onClose: () => void;
}

/** The secret of a webhook, shown this once. */
export function WebhookIssued({ issued, onClose }: WebhookIssuedProps) {
  return (
    <Dialog
      title="The secret of the webhook"
      onClose={onClose}
      isKept
      footer={
        <button type="button" className="ps-button ps-primary" onClick={onClose}>
          I have kept it
        </button>
      }
    >
      <p>
        Give it to <span className="source">{issued.webhook.url}</span> now: it is not shown again.
      </p>
      <CopyField label="Secret" value={issued.secret} isFirst />
      <p className="ps-muted">
        What is sent is signed with it as <a href="https://www.standardwebhooks.com">Standard Webhooks</a> has it: libraries
        check the headers <code>webhook-id</code>, <code>webhook-timestamp</code> and <code>webhook-signature</code>.
      </p>
    </Dialog>
  );
}
