import { BranchPicker, formatDate, type ProjectDetail, type ProjectSync } from '@project-sync/react';
import { useQuery } from '@tanstack/react-query';
import { client } from '../api.js';

interface StatePickerProps {
  project: ProjectDetail;
  projectSync: ProjectSync;
  branch: string | undefined;
  setBranch: (branch: string) => void;
  /** The number of a sync on the branch; absent: the latest. */
  at: string | undefined;
  setAt: (at: string | undefined) => void;
}

/** Chooses a branch, and one of its syncs: what is shown is as it was after it. */
export function StatePicker({ project, projectSync, branch, setBranch, at, setAt }: StatePickerProps) {
  const projectId = project.id;
  const syncs = useQuery({
    queryKey: ['states', projectId, branch, projectSync.sync?.status],
    queryFn: ({ signal }) => {
      const of = branch ?? project.defaultBranch ?? undefined;
      return client.projects.sync.history(projectId, { branch: of, status: 'completed', limit: 200 }, { signal });
    },
  });
  return (
    <div className="state-picker">
      <BranchPicker
        client={client}
        projectId={projectId}
        branch={branch}
        // A state belongs to its branch.
        onChange={(name) => {
          setAt(undefined);
          setBranch(name);
        }}
        defaultBranch={project.defaultBranch}
      />
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
