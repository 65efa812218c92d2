import { useQuery } from '@tanstack/react-query';
import { client } from '../../api.js';
import { Failed, Loading } from '../../parts/states.js';
import { useTitle } from '../../parts/title.js';
import { useSession } from '../../session/context.js';
import { Values } from './values.js';

const WORDS = { ok: 'Fine', warn: 'Worth a look', fail: 'Broken' };

/** How the service is, and what it is set to. */
export function ServicePage() {
  useTitle('Settings');
  const { session } = useSession();
  const doctor = useQuery({ queryKey: ['doctor'], queryFn: ({ signal }) => client.admin.doctor({ signal }) });
  return (
    <div className="stack">
      {session.access === 'open' && <Open />}
      <section className="panel">
        <h2>How the service is</h2>
        {doctor.isPending && <Loading what="the checks" />}
        {doctor.isError && <Failed error={doctor.error} onRetry={() => void doctor.refetch()} />}
        <ul className="list">
          {doctor.data?.checks.map((check) => (
            <li key={check.name}>
              <div className="list-what">
                <strong>{check.name}</strong>
                <span>{check.detail}</span>
                {check.advice && <span className="ps-muted">{check.advice}</span>}
              </div>
              <span className="status" data-status={check.status}>
                {WORDS[check.status]}
              </span>
            </li>
          ))}
        </ul>
      </section>
      <Values />
      <p className="ps-muted">
        The API is described at <a href="/docs">/docs</a>.
      </p>
    </div>
  );
}

/** Who may do what, where nobody is asked. */
function Open() {
  return (
    <p className="notice">
      <strong>Open to this machine only.</strong> The service listens to nobody else, and whoever uses this machine may do
      everything. It asks for a login once there is a user, unless <code>api.access</code> keeps it open:{' '}
      <code>project-sync user add</code> makes one.
    </p>
  );
}
