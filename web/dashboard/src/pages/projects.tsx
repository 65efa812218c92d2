import { formatDate } from '@project-sync/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { client } from '../api.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { useTitle } from '../parts/title.js';
import { useSession } from '../session/context.js';
import { sourceText } from '../source.js';
import { AddProject } from './add-project.js';

export function ProjectsPage() {
  useTitle('Projects');
  const { may } = useSession();
  const canAdd = may('admin', 'tenant');
  const list = useInfiniteQuery({
    queryKey: ['projects'],
    queryFn: ({ pageParam, signal }) => client.projects.list({ limit: 100, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const projects = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="page narrow">
      <h1>Projects</h1>
      {canAdd && <AddProject isFirst={list.isSuccess && projects.length === 0} />}
      {list.isPending && <Loading what="projects" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && projects.length === 0 && (
        <Empty title="No project yet">
          {canAdd
            ? 'Connect a repository above. Its files and what is known of it are here a moment later.'
            : 'Members and owners connect repositories. What they connect is listed here.'}
        </Empty>
      )}
      {projects.length > 0 && (
        <ul className="cards" aria-label="Projects">
          {projects.map((project) => (
            <li key={project.id}>
              <Link href={`/projects/${project.id}`} className="card-link">
                <span className="card-title">{project.name}</span>
                <span className="ps-muted card-source">{sourceText(project.source)}</span>
                <span className="ps-muted">since {formatDate(project.createdAt)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <button type="button" className="ps-button" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
          {list.isFetching ? 'Loading…' : 'Show more'}
        </button>
      )}
    </div>
  );
}
