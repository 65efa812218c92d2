import { useProjectSync, type ProjectDetail } from '@project-sync/react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { lazy, useState } from 'react';
import { Link, Route, Switch, useLocation, useRoute } from 'wouter';
import { client, stream } from '../api.js';
import { Confirm } from '../parts/confirm.js';
import { Failed, Loading } from '../parts/states.js';
import { Subnav } from '../parts/subnav.js';
import { useTitle } from '../parts/title.js';
import { useUrl } from '../parts/url.js';
import { useSession } from '../session/context.js';
import { Needs } from '../session/needs.js';
import { sourceText } from '../source.js';
import { Overview } from './overview.js';

const FilesPage = lazy(() => import('./files.js'));
const MemoryPage = lazy(() => import('./memory.js'));
const HistoryPage = lazy(() => import('./history.js'));
const TriggersPage = lazy(() => import('./triggers/page.js'));
const ProjectSettingsPage = lazy(() => import('./project-settings.js'));

/** All pages of a project. They share one stream of events, so that going between them loses nothing. */
export function ProjectPage({ id }: { id: string }) {
  const [search, change] = useUrl();
  const { may } = useSession();
  const branch = search.get('branch') ?? undefined;
  const project = useQuery({
    queryKey: ['project', id],
    queryFn: ({ signal }) => client.projects.get(id, { signal }),
  });
  // The button acts on what is shown, so that must be the branch that stands beside it.
  const projectSync = useProjectSync(id, { client, stream, branch: branch ?? project.data?.defaultBranch ?? undefined });
  useTitle(project.data?.name);

  if (project.isPending) return <Loading what="the project" />;
  if (!project.data) {
    return (
      <div className="page narrow">
        <p className="ps-muted crumbs">
          <Link href="/">Projects</Link>
        </p>
        <h1>Project</h1>
        <Failed error={project.error} onRetry={() => void project.refetch()} />
      </div>
    );
  }
  // A state belongs to its branch.
  const setBranch = (name: string) => change({ branch: name, at: undefined });
  const shared = { project: project.data, projectSync, branch, setBranch };
  return (
    <div className="page">
      <header className="page-head row-head">
        <div>
          <p className="ps-muted crumbs">
            <Link href="/">Projects</Link>
          </p>
          <h1 title={project.data.name}>{project.data.name}</h1>
          <p className="ps-muted source">{sourceText(project.data.source)}</p>
        </div>
        {may('admin') && <Remove project={project.data} />}
      </header>
      <Subnav label={project.data.name}>
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
        {may('admin') && (
          <>
            <SubLink id={id} to="/triggers" branch={branch}>
              Triggers
            </SubLink>
            <SubLink id={id} to="/settings" branch={branch}>
              Settings
            </SubLink>
          </>
        )}
      </Subnav>
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
        <Route path="/projects/:id/triggers">
          <Needs right="admin" of="project" title="Triggers">
            <TriggersPage {...shared} />
          </Needs>
        </Route>
        <Route path="/projects/:id/settings">
          <Needs right="admin" of="project" title="Settings">
            <ProjectSettingsPage {...shared} />
          </Needs>
        </Route>
        <Route>
          <Overview {...shared} />
        </Route>
      </Switch>
    </div>
  );
}

/** Forgets the project. */
function Remove({ project }: { project: ProjectDetail }) {
  const [isOpen, setOpen] = useState(false);
  const [, go] = useLocation();
  const queries = useQueryClient();
  return (
    <>
      <button type="button" className="ps-button ps-quiet remove" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        Remove…
      </button>
      {isOpen && (
        <Confirm
          title={`Remove ${project.name}?`}
          action="Remove the project"
          doing="Removing…"
          keep="Keep it"
          word={project.name}
          isFinal
          act={() => client.projects.delete(project.id, project.name)}
          onDone={() => {
            go('/', { replace: true });
            queries.removeQueries({ queryKey: ['project', project.id] });
            void queries.invalidateQueries({ queryKey: ['projects'] });
          }}
          onClose={() => setOpen(false)}
        >
          <p>
            Its files, memory and history are deleted here, for good. The repository itself is not touched: it can be
            connected again, and begins anew then.
          </p>
        </Confirm>
      )}
    </>
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
