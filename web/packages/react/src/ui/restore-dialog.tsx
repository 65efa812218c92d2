import { useState } from 'react';
import type { Client } from '../api/client.js';
import type { Sync } from '../api/types.js';
import type { ProjectSync } from '../sync/use-project-sync.js';
import { explainProblem } from '../sync/words.js';
import { Dialog } from './dialog.js';
import { DiffList } from './diff-list.js';
import { formatDate } from './format.js';
import { ErrorMessage } from './message.js';
import { Tabs } from './tabs.js';

export interface RestoreDialogProps {
  client: Client;
  projectSync: Pick<ProjectSync, 'restore' | 'pendingAction' | 'actionError'>;
  /** Where to go back to. */
  sync: Sync;
  /** The branch's latest completed sync: what is there now. */
  head: Sync;
  onClose: () => void;
}

/** Shows what going back would change, and asks. */
export function RestoreDialog({ client, projectSync, sync, head, onClose }: RestoreDialogProps) {
  const [part, setPart] = useState<'memory' | 'files'>('memory');
  const [wasAsked, setAsked] = useState(false);
  const { restore, pendingAction, actionError } = projectSync;
  const isBusy = pendingAction === 'restore';
  const confirm = async () => {
    setAsked(true);
    if (await restore(sync.id)) onClose();
  };
  return (
    <Dialog
      title={`Restore ${sync.branch} to #${sync.number}?`}
      onClose={onClose}
      isBusy={isBusy}
      footer={
        <>
          <button type="button" className="ps-button" onClick={onClose} disabled={isBusy}>
            Keep as it is
          </button>
          <button type="button" className="ps-button ps-primary" onClick={() => void confirm()} disabled={isBusy}>
            {isBusy ? 'Restoring…' : `Restore to #${sync.number}`}
          </button>
        </>
      }
    >
      <p>
        Files and memory become what they were on {formatDate(sync.finishedAt ?? sync.createdAt)}
        {sync.summary ? <> (“{sync.summary}”)</> : ''}. It is a sync of its own: nothing is lost, and #{head.number} can be
        restored in the same way.
      </p>
      <p className="ps-muted">What it would change, from #{head.number}, which is there now:</p>
      <Tabs
        label="What it would change"
        tabs={[
          ['memory', 'Memory'],
          ['files', 'Files'],
        ]}
        value={part}
        onChange={setPart}
      >
        <DiffList client={client} syncId={sync.id} against={head.id} part={part} />
      </Tabs>
      {wasAsked && actionError && !isBusy && <ErrorMessage explanation={explainProblem(actionError)} />}
    </Dialog>
  );
}
