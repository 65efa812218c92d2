import { useProjectSync } from '@project-sync/react';
import { useQuery } from '@tanstack/react-query';
import { lazy } from 'react';
import { Link, Route, Switch, useRoute, useSearchParams } from 'wouter';
import { client } from '../api.js';
import { Failed, Loading } from '../parts/states.js';
import { useTitle } from '../parts/title.js';
import { sourceText } from '../source.js';
import { Overview } from './overview.js';

const FilesPage = lazy(() => import('./files.js'));
const MemoryPage = lazy(() => import('./memory.js'));
const HistoryPage = lazy(() => import('./history.js'));

/** All pages of a project. They share one stream of events, so that going between them loses nothing. */
export function ProjectPage({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const branch = search.get('branch') ?? undefined;
  const project = useQuery({
    queryKey: ['project', id],
    queryFn: ({ signal }) => client.projects.get(id, { signal }),
  });
  // The button acts on what is shown, so that must be the branch that stands beside it.
  const projectSync = useProjectSync(id, { client, branch: branch ?? project.data?.defaultBranch ?? undefined });
  useTitle(project.data?.name);

  if (project.isPending) return <Loading what="the project" />;
  if (!project.data) return <Failed error={project.error} onRetry={() => void project.refetch()} />;
  const setBranch = (name: string) => setSearch({ branch: name }, { replace: true });
  const shared = { project: project.data, projectSync, branch, setBranch };
  return (
    <div className="page">
      <header className="page-head">
        <p className="ps-muted crumbs">
          <Link href="/">Projects</Link>
        </p>
        <h1>{project.data.name}</h1>
        <p className="ps-muted source">{sourceText(project.data.source)}</p>
      </header>
      <nav className="subnav" aria-label={project.data.name}>
        <SubLink id={id} to="" branch={branch}>
          Overview
        </SubLink>
        <SubLink id={id} to="/files" branch={branch}>
          Files
        </SubLink>
        <SubLink id={id} to="/memory" branch={branch}>
          Memory
        </SubLink>
        <SubLink id={id} to="/history" branch={branch}>
          History
        </SubLink>
      </nav>
      <Switch>
        <Route path="/projects/:id/files">
          <FilesPage {...shared} />
        </Route>
        <Route path="/projects/:id/memory">
          <MemoryPage {...shared} />
        </Route>
        <Route path="/projects/:id/history">
          <HistoryPage {...shared} />
        </Route>
        <Route>
          <Overview {...shared} />
        </Route>
      </Switch>
    </div>
  );
}

interface SubLinkProps {
  id: string;
  to: string;
  branch: string | undefined;
  children: string;
}

function SubLink({ id, to, branch, children }: SubLinkProps) {
  const [isHere] = useRoute(`/projects/:id${to}`);
  const query = branch === undefined ? '' : `?branch=${encodeURIComponent(branch)}`;
  return (
    <Link href={`/projects/${id}${to}${query}`} aria-current={isHere ? 'page' : undefined}>
      {children}
    </Link>
  );
}
