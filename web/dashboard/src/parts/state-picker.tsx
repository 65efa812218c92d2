import { BranchPicker, formatDate, type ProjectSync } from '@project-sync/react';
import { useQuery } from '@tanstack/react-query';
import { client } from '../api.js';

interface StatePickerProps {
  projectSync: ProjectSync;
  branch: string | undefined;
  setBranch: (branch: string) => void;
  /** The number of a sync on the branch; absent: the latest. */
  at: string | undefined;
  setAt: (at: string | undefined) => void;
}

/** Chooses a branch, and one of its syncs: what is shown is as it was after it. */
export function StatePicker({ projectSync, branch, setBranch, at, setAt }: StatePickerProps) {
  const { projectId } = projectSync;
  const syncs = useQuery({
    queryKey: ['states', projectId, branch, projectSync.sync?.status],
    queryFn: ({ signal }) =>
      client.projects.sync.history(projectId, { branch, status: 'completed', limit: 200 }, { signal }),
  });
  return (
    <div className="state-picker">
      <BranchPicker client={client} projectId={projectId} branch={branch} onChange={setBranch} />
      <label className="ps-field">
        <span className="ps-hidden">State</span>
        <select value={at ?? ''} onChange={(event) => setAt(event.target.value || undefined)}>
          <option value="">Latest</option>
          {(syncs.data?.items ?? []).map((sync) => (
            <option key={sync.id} value={sync.id}>
              #{sync.number} · {formatDate(sync.finishedAt ?? sync.createdAt)} {sync.summary ? `· ${sync.summary}` : ''}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}
