import { SyncControls, SyncHistory } from '@project-sync/react';
import { client } from '../api.js';
import { useSession } from '../session/context.js';
import type { ProjectPageProps } from './shared.js';

export default function HistoryPage({ project, projectSync, branch, setBranch }: ProjectPageProps) {
  const { may } = useSession();
  return (
    <div className="stack">
      <SyncControls
        client={client}
        projectSync={projectSync}
        branch={branch}
        onBranchChange={setBranch}
        defaultBranch={project.defaultBranch}
        canSync={may('sync')}
      />
      <SyncHistory client={client} projectSync={projectSync} branch={branch} canRestore={may('sync')} />
    </div>
  );
}
