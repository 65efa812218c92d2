import { useTitle } from '../../parts/title.js';
import type { ProjectPageProps } from '../shared.js';
import { HookSection } from './hook.js';
import { PollingSection } from './polling.js';
import { SchedulesSection } from './schedules.js';

/** What asks for syncs of a project by itself. */
export default function TriggersPage({ project }: ProjectPageProps) {
  useTitle('Triggers', project.name);
  return (
    <div className="stack">
      <HookSection project={project} />
      <SchedulesSection project={project} />
      <PollingSection project={project} />
    </div>
  );
}
