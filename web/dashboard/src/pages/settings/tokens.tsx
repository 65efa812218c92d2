import { formatAgo, formatDate, label, useNow, type ApiToken } from '@project-sync/react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../../api.js';
import { Confirm } from '../../parts/confirm.js';
import { More, usePaged } from '../../parts/paged.js';
import { Empty, Failed, Loading } from '../../parts/states.js';
import { useTitle } from '../../parts/title.js';
import { NewToken } from './new-token.js';

const KEY = ['tokens'];
/** As many projects as the API gives at once. */
const PROJECTS = 500;
/** How often "5 min ago" is told anew. */
const AGO_MS = 30_000;

/** The tokens of machines: made, looked at, revoked. */
export function TokensPage() {
  useTitle('API tokens');
  const now = useNow(true, AGO_MS);
  const queries = useQueryClient();
  const [asked, setAsked] = useState<ApiToken | 'new'>();
  const { items, list } = usePaged(KEY, client.tokens.list);
  const projects = useQuery({
    queryKey: ['projects', 'names'],
    queryFn: ({ signal }) => client.projects.list({ limit: PROJECTS }, { signal }),
  });
  const names = new Map(projects.data?.items.map(({ id, name }) => [id, name]));
  const again = () => void queries.invalidateQueries({ queryKey: KEY });
  return (
    <section className="panel stack" aria-labelledby="tokens">
      <div className="row-head">
        <div>
          <h2 id="tokens">API tokens</h2>
          <p className="ps-muted">For programs: each sends its own, so that each can be shut out alone.</p>
        </div>
        <button type="button" className="ps-button" aria-haspopup="dialog" onClick={() => setAsked('new')}>
          New token…
        </button>
      </div>
      {list.isPending && <Loading what="tokens" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Empty title="No token yet">A program that is to read or sync needs one.</Empty>}
      <ul className="list" aria-label="API tokens">
        {items.map((token) => (
          <Row key={token.id} token={token} now={now} project={token.projectId == null ? undefined : (names.get(token.projectId) ?? 'one project')} onRevoke={() => setAsked(token)} />
        ))}
      </ul>
      <More list={list} />
      {asked === 'new' && <NewToken projects={projects.data?.items ?? []} onMade={again} onClose={() => setAsked(undefined)} />}
      {asked && asked !== 'new' && (
        <Confirm
          title={`Revoke ${asked.name}?`}
          action="Revoke"
          doing="Revoking…"
          keep="Keep it"
          isFinal
          act={() => client.tokens.revoke(asked.id)}
          onDone={() => {
            again();
            setAsked(undefined);
          }}
          onClose={() => setAsked(undefined)}
        >
          <p>Whatever uses it is refused from now on, for good. It stays in this list.</p>
        </Confirm>
      )}
    </section>
  );
}

interface RowProps {
  token: ApiToken;
  now: number;
  /** The only project that it is for. */
  project: string | undefined;
  onRevoke: () => void;
}

function Row({ token, now, project, onRevoke }: RowProps) {
  const { name, hint, scopes, operator, expiresAt, lastUsedAt, revokedAt } = token;
  const isExpired = expiresAt != null && Date.parse(expiresAt) <= now;
  const isOver = revokedAt != null || isExpired;
  const facts = [
    project === undefined ? 'all projects' : `only ${project}`,
    lastUsedAt == null ? 'never used' : `used ${formatAgo(lastUsedAt, now)}`,
    revokedAt == null && (expiresAt == null ? 'does not expire' : `${isExpired ? 'expired' : 'expires'} ${formatDate(expiresAt)}`),
    revokedAt != null && `revoked ${formatAgo(revokedAt, now)}`,
  ];
  return (
    <li data-over={isOver || undefined}>
      <div className="list-what">
        <strong>{name}</strong>
        <code>{hint}</code>
        <span className="tags">
          {[...scopes, ...(operator ? ['operator'] : [])].map((scope) => (
            <span key={scope} className="ps-tag">
              {label(scope)}
            </span>
          ))}
          {isOver && <span className="ps-tag warn">{revokedAt == null ? 'Expired' : 'Revoked'}</span>}
        </span>
        <span className="ps-muted list-facts">{facts.filter(Boolean).join(' · ')}</span>
      </div>
      <span className="list-actions">
        {revokedAt == null && (
          <button type="button" className="ps-button ps-quiet" aria-haspopup="dialog" onClick={onRevoke}>
            Revoke<span className="ps-hidden"> {name}</span>
          </button>
        )}
      </span>
    </li>
  );
}
