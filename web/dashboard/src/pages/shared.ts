import type { ProjectDetail, ProjectSync } from '@project-sync/react';

/** What all pages of a project are given. */
export interface ProjectPageProps {
  project: ProjectDetail;
  projectSync: ProjectSync;
  /** The chosen branch; absent: the default one. */
  branch: string | undefined;
  setBranch: (branch: string) => void;
}

/** Changes when what is known of the project may have: a sync ended. */
export function endedKey({ sync }: ProjectSync): string {
  return sync?.status === 'completed' ? sync.syncId : '';
}
