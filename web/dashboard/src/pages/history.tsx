import { SyncControls, SyncHistory } from '@project-sync/react';
import { client } from '../api.js';
import type { ProjectPageProps } from './shared.js';

export default function HistoryPage({ project, projectSync, branch, setBranch }: ProjectPageProps) {
  return (
    <div className="stack">
      <SyncControls
        client={client}
        projectSync={projectSync}
        branch={branch}
        onBranchChange={setBranch}
        defaultBranch={project.defaultBranch}
      />
      <SyncHistory client={client} projectSync={projectSync} branch={branch} />
    </div>
  );
}
