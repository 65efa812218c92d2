import { Dialog, formatDate, label, plural, useLongList, type MemoryEntry, type MemoryKind } from '@project-sync/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { client } from '../api.js';
import { StatePicker } from '../parts/state-picker.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { useTyped, useUrl } from '../parts/url.js';
import { endedKey, type ProjectPageProps } from './shared.js';

/** The first page, and those that follow. */
const PAGE = 100;
const NEXT_PAGE = 500;
/** So many rows before the end the next page is asked for. */
const AHEAD = 30;
const ROW_HEIGHT = 62;
const KINDS: MemoryKind[] = ['letter', 'guide', 'document'];

export default function MemoryPage({ project, projectSync, branch, setBranch }: ProjectPageProps) {
  const [search, change] = useUrl();
  const at = search.get('at') ?? undefined;
  const kind = KINDS.find((kind) => kind === search.get('kind'));
  const all = search.get('superseded') !== null;
  const [typed, setTyped, query] = useTyped('q');
  const [open, setOpen] = useState<MemoryEntry>();
  const list = useInfiniteQuery({
    queryKey: ['memory', project.id, branch, at, query, kind, all, endedKey(projectSync)],
    queryFn: ({ pageParam, signal }) =>
      client.projects.memory(project.id, { branch, at, query, kind, all, limit: pageParam === undefined ? PAGE : NEXT_PAGE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const entries = list.data?.pages.flatMap((page) => page.items) ?? [];
  const rows = useLongList<HTMLUListElement>(entries.length, ROW_HEIGHT);
  const { fetchNextPage } = list;
  const needsMore = rows.isLong && rows.to >= entries.length - AHEAD && list.hasNextPage && !list.isFetching && !list.isError;
  useEffect(() => {
    if (needsMore) void fetchNextPage();
  }, [needsMore, fetchNextPage]);
  return (
    <div className="stack">
      <StatePicker {...{ project, projectSync, branch, setBranch, at }} setAt={(at) => change({ at })} />
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
          <select value={kind ?? ''} onChange={(event) => change({ kind: event.target.value })}>
            <option value="">All kinds</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {label(each)}s
              </option>
            ))}
          </select>
        </label>
        <label className="check">
          <input type="checkbox" checked={all} onChange={(event) => change({ superseded: event.target.checked ? 'shown' : undefined })} />
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
      {entries.length > 0 && (
        <p className="ps-muted" role="status">
          {list.hasNextPage ? 'More than ' : ''}
          {plural(entries.length, 'entry', 'entries')}
        </p>
      )}
      <ul className="entries" aria-label="Memory" ref={rows.list} style={rows.style}>
        {entries.slice(rows.from, rows.to).map((entry, i) => (
          <li
            key={entry.id}
            className="entry"
            data-superseded={entry.isSuperseded || undefined}
            aria-posinset={rows.from + i + 1}
            aria-setsize={list.hasNextPage ? -1 : entries.length}
          >
            <button type="button" aria-haspopup="dialog" onClick={() => setOpen(entry)}>
              <Head entry={entry} />
            </button>
          </li>
        ))}
      </ul>
      {list.hasNextPage && (
        <button type="button" className="ps-button" disabled={list.isFetching} onClick={() => void list.fetchNextPage()}>
          {list.isFetching ? 'Loading…' : 'Show more'}
        </button>
      )}
      {open && <Entry entry={open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function Head({ entry }: { entry: MemoryEntry }) {
  const { title, key, kind, isSuperseded, validTo } = entry;
  return (
    <>
      <span className="entry-head">
        <span className="entry-title">{title || key}</span>
        <span className="ps-tag">{kind}</span>
        {isSuperseded && <span className="ps-tag warn">{validTo == null ? 'superseded' : `superseded by #${validTo}`}</span>}
      </span>
      <span className="ps-muted entry-path">{whereOf(entry)}</span>
    </>
  );
}

function whereOf({ path, headingPath, date }: MemoryEntry): string {
  return [path, ...headingPath.slice(0, -1)].join(' › ') + (date ? ` · ${formatDate(date)}` : '');
}

/** One entry, to be read. */
function Entry({ entry, onClose }: { entry: MemoryEntry; onClose: () => void }) {
  return (
    <Dialog title={entry.title || entry.key} onClose={onClose}>
      <p className="ps-muted entry-where">
        {whereOf(entry)} · since #{entry.validFrom}
        {entry.isSuperseded && entry.validTo != null ? `, superseded by #${entry.validTo}` : ''}
      </p>
      <pre className="entry-body">{entry.body}</pre>
    </Dialog>
  );
}
