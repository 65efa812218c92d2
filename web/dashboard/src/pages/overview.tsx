import { DiffList, formatCount, formatDate, SyncBanner, SyncControls, type ProjectDetail, type ProjectSync } from '@project-sync/react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'wouter';
import { client } from '../api.js';
import { Empty } from '../parts/states.js';
import { useSession } from '../session/context.js';
import { endedKey, type ProjectPageProps } from './shared.js';

export function Overview({ project, projectSync, branch, setBranch }: ProjectPageProps) {
  const queries = useQueryClient();
  const { may } = useSession();
  const ended = endedKey(projectSync);
  useEffect(() => {
    if (ended !== '') void queries.invalidateQueries({ queryKey: ['project', project.id] });
  }, [ended, queries, project.id]);

  const shown = branch ?? project.defaultBranch;
  const head = project.branches.find(({ name }) => name === shown)?.headSyncId ?? undefined;
  const changed = ended || head;
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
      <SyncBanner projectSync={projectSync} />
      <Others projectSync={projectSync} onShow={setBranch} />
      <Deleted project={project} shown={shown} onShow={setBranch} />
      <dl className="totals" aria-label="What the default branch holds">
        <Total name="Files" href={`/projects/${project.id}/files`} value={formatCount(project.counts.files)} />
        <Total name="Memory entries" href={`/projects/${project.id}/memory`} value={formatCount(project.counts.memory)} />
        <Total name="Branches synced" href={`/projects/${project.id}/history`} value={formatCount(project.branches.filter(({ headSyncId }) => headSyncId != null).length)} />
        <Total name="Connected" value={formatDate(project.createdAt)} />
      </dl>
      <section className="panel" aria-labelledby="changed">
        <h2 id="changed">What changed last</h2>
        <div className="changed" role="group" aria-labelledby="changed" tabIndex={0}>
          {changed ? (
            <DiffList client={client} syncId={changed} against={undefined} part="files" />
          ) : (
            <Empty title="Nothing yet">What a sync changes is listed here once it is done.</Empty>
          )}
        </div>
      </section>
    </div>
  );
}

/** Syncs of other branches that have not ended. */
function Others({ projectSync, onShow }: { projectSync: ProjectSync; onShow: (branch: string) => void }) {
  const others = projectSync.active.filter(({ branch }) => branch !== projectSync.sync?.branch);
  if (others.length === 0) return null;
  return (
    <ul className="notice others" aria-label="Other branches">
      {others.map((sync) => (
        <li key={sync.syncId}>
          {sync.branch} {sync.status === 'running' ? 'is being synced, too' : 'waits'}
          <button type="button" className="ps-link" onClick={() => onShow(sync.branch)}>
            Show
          </button>
        </li>
      ))}
    </ul>
  );
}

/** As many are named. */
const MOST_DELETED = 10;

/** Branches that are gone at the host, with what was synced of them still here. */
function Deleted({ project, shown, onShow }: { project: ProjectDetail; shown: string | null | undefined; onShow: (branch: string) => void }) {
  const deleted = project.branches.filter(({ deletedAt }) => deletedAt != null);
  if (deleted.length === 0) return null;
  const more = deleted.length - MOST_DELETED;
  return (
    <ul className="notice others" aria-label="Branches that were deleted">
      {deleted.slice(0, MOST_DELETED).map(({ name, deletedAt }) => (
        <li key={name}>
          <span>
            <strong>{name}</strong> was deleted at the host{deletedAt == null ? '' : `, ${formatDate(deletedAt)}`}. What was synced of it stays.
          </span>
          {name !== shown && (
            <button type="button" className="ps-link" onClick={() => onShow(name)}>
              Show<span className="ps-hidden"> {name}</span>
            </button>
          )}
        </li>
      ))}
      {more > 0 && <li className="ps-muted">And {formatCount(more)} more.</li>}
    </ul>
  );
}

function Total({ name, value, href }: { name: string; value: string; href?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{href ? <Link href={href}>{value}</Link> : value}</dd>
    </div>
  );
}
