import { Dialog, type HookKind, type IssuedHook } from '@project-sync/react';
import { CopyField } from '../../parts/copy-field.js';
import { addressOf, isGuessed } from './hook-words.js';

interface HookIssuedProps {
  issued: IssuedHook;
  onClose: () => void;
}

/** What the host is to be given. A secret that was made is shown this once. */
export function HookIssued({ issued, onClose }: HookIssuedProps) {
  return (
    <Dialog
      title="Give this to the host"
      onClose={onClose}
      isKept
      footer={
        <button type="button" className="ps-button ps-primary" onClick={onClose}>
          {issued.secret ? 'The host has it' : 'Done'}
        </button>
      }
    >
      <CopyField label="URL" value={addressOf(issued)} isFirst />
      {isGuessed(issued) && (
        <p className="ps-muted">
          This is how your browser reaches the service. If the host reaches it by another name, put that in its place (and
          in <code>triggers.public_url</code>).
        </p>
      )}
      {issued.secret && (
        <>
          <CopyField label="Secret" value={issued.secret} />
          <p>It is not shown again.</p>
        </>
      )}
      <HookSteps kind={issued.kind} />
    </Dialog>
  );
}

const STEPS: Record<HookKind, [where: string, ...fields: [name: string, value: string][]]> = {
  github: ['Settings → Webhooks → Add webhook', ['Payload URL', 'the URL'], ['Content type', 'application/json'], ['Secret', 'the secret'], ['Events', 'just the push event']],
  gitlab: ['Settings → Webhooks → Add new webhook', ['URL', 'the URL'], ['Secret token', 'the secret'], ['Trigger', 'push events']],
  gitea: ['Settings → Webhooks → Add webhook → Gitea (or Forgejo)', ['Target URL', 'the URL'], ['Method and type', 'POST, application/json'], ['Secret', 'the secret'], ['Trigger on', 'push events, and branch deletion if it is offered']],
};

/** Where it goes, in the words of the host. */
export function HookSteps({ kind }: { kind: HookKind }) {
  const [where, ...fields] = STEPS[kind];
  return (
    <div className="steps">
      <p>
        In the repository: <strong>{where}</strong>
      </p>
      <dl className="values">
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
