import { formatDate, label, useSettled, type MemoryEntry, type MemoryKind } from '@project-sync/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { client } from '../api.js';
import { StatePicker } from '../parts/state-picker.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { endedKey, type ProjectPageProps } from './shared.js';

const KINDS: MemoryKind[] = ['letter', 'guide', 'document'];

export default function MemoryPage({ project, projectSync, branch, setBranch }: ProjectPageProps) {
  const [at, setAt] = useState<string>();
  const [typed, setTyped] = useState('');
  const [kind, setKind] = useState<MemoryKind>();
  const [all, setAll] = useState(false);
  const query = useSettled(typed.trim(), 250) || undefined;
  const list = useInfiniteQuery({
    queryKey: ['memory', project.id, branch, at, query, kind, all, endedKey(projectSync)],
    queryFn: ({ pageParam, signal }) =>
      client.projects.memory(project.id, { branch, at, query, kind, all, limit: 50, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack">
      <StatePicker {...{ project, projectSync, branch, setBranch, at, setAt }} />
      <div className="filters">
        <input
          type="search"
          className="search"
          aria-label="Search memory"
          placeholder="Search memory"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <label className="ps-field">
          <span className="ps-hidden">Kind</span>
          <select value={kind ?? ''} onChange={(event) => setKind((event.target.value || undefined) as MemoryKind)}>
            <option value="">All kinds</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {label(each)}s
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" checked={all} onChange={(event) => setAll(event.target.checked)} />
          Superseded too
        </label>
      </div>
      {list.isPending && <Loading what="memory" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && entries.length === 0 && (
        <Empty title={query ? `Nothing is known of “${query}”` : 'No memory here'}>
          {query ? 'All words must occur. Try fewer.' : 'Letters, guides and documentation are found by a sync.'}
        </Empty>
      )}
      <ul className="entries" aria-label="Memory">
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="ps-button" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
          {list.isFetching ? 'Loading…' : 'Show more'}
        </button>
      )}
    </div>
  );
}

function Entry({ entry }: { entry: MemoryEntry }) {
  const { title, key, kind, path, headingPath, date, body, isSuperseded, validTo } = entry;
  return (
    <li className="entry" data-superseded={isSuperseded || undefined}>
      <details>
        <summary>
          <span className="entry-title">{title || key}</span>
          <span className="ps-tag">{kind}</span>
          {isSuperseded && <span className="ps-tag warn">superseded by #{validTo}</span>}
          <span className="ps-muted entry-path">
            {[path, ...headingPath.slice(0, -1)].join(' › ')}
            {date ? ` · ${formatDate(date)}` : ''}
          </span>
        </summary>
        <pre>{body}</pre>
      </details>
    </li>
  );
}
