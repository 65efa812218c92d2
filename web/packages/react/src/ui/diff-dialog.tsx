import { useState } from 'react';
import type { Client } from '../api/client.js';
import type { Sync } from '../api/types.js';
import { Dialog } from './dialog.js';
import { DiffList } from './diff-list.js';
import { Tabs } from './tabs.js';

export interface DiffDialogProps {
  client: Client;
  sync: Sync;
  /** Completed syncs of the same branch to compare with. */
  others: Sync[];
  onClose: () => void;
}

/** What differs between two syncs of a branch. */
export function DiffDialog({ client, sync, others, onClose }: DiffDialogProps) {
  const [against, setAgainst] = useState<string>();
  const [part, setPart] = useState<'files' | 'memory'>('files');
  return (
    <Dialog title={`Changes of ${sync.branch} #${sync.number}`} onClose={onClose}>
      <label className="ps-field">
        Compared with
        <select value={against ?? ''} onChange={(event) => setAgainst(event.target.value || undefined)}>
          <option value="">the sync before it</option>
          {others.map((other) => (
            <option key={other.id} value={other.id}>
              #{other.number} {other.summary ?? ''}
            </option>
          ))}
        </select>
      </label>
      <Tabs
        label="What differs"
        tabs={[
          ['files', 'Files'],
          ['memory', 'Memory'],
        ]}
        value={part}
        onChange={setPart}
      >
        <DiffList client={client} syncId={sync.id} against={against} part={part} />
      </Tabs>
    </Dialog>
  );
}
