import { formatBytes, plural, useWindowed, type FileEntry } from '@project-sync/react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { client } from '../api.js';
import { StatePicker } from '../parts/state-picker.js';
import { Empty, Failed, Loading } from '../parts/states.js';
import { useTyped, useUrl } from '../parts/url.js';
import { endedKey, type ProjectPageProps } from './shared.js';

const ROW_HEIGHT = 34;
const PAGE = 500;

export default function FilesPage({ project, projectSync, branch, setBranch }: ProjectPageProps) {
  const [search, change] = useUrl();
  const at = search.get('at') ?? undefined;
  const [typed, setTyped, query] = useTyped('q');
  const list = useInfiniteQuery({
    queryKey: ['files', project.id, branch, at, query, endedKey(projectSync)],
    queryFn: ({ pageParam, signal }) =>
      client.projects.files(project.id, { branch, at, query, limit: PAGE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
  });
  const files = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="stack">
      <StatePicker {...{ project, projectSync, branch, setBranch, at }} setAt={(at) => change({ at })} />
      <input
        type="search"
        className="search"
        aria-label="Search files by path"
        placeholder="Search by path"
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
      {list.isPending && <Loading what="files" />}
      {list.isError && <Failed error={list.error} onRetry={() => void list.refetch()} />}
      {list.isSuccess && files.length === 0 && (
        <Empty title={query ? `No path holds “${query}”` : 'No files here'}>
          {query ? 'Search for a part of the path.' : 'Sync the branch first.'}
        </Empty>
      )}
      {files.length > 0 && (
        <FileList files={files} hasMore={list.hasNextPage} onEnd={() => !list.isFetching && void list.fetchNextPage()} />
      )}
    </div>
  );
}

interface FileListProps {
  files: FileEntry[];
  hasMore: boolean;
  onEnd: () => void;
}

function FileList({ files, hasMore, onEnd }: FileListProps) {
  const list = useWindowed<HTMLDivElement>(files.length, ROW_HEIGHT);
  const isAtEnd = hasMore && list.to >= files.length - 50;
  useEffect(() => {
    if (isAtEnd) onEnd();
  });
  return (
    <>
      <p className="ps-muted" role="status">
        {hasMore ? 'More than ' : ''}
        {plural(files.length, 'file')}
      </p>
      <div className="rows" ref={list.scroller} onScroll={list.onScroll} tabIndex={0} role="region" aria-label="Files">
        <ul style={{ height: list.height }}>
          {files.slice(list.from, list.to).map((file, i) => (
            <li
              key={file.pathBase64 ?? file.path}
              className="row"
              aria-setsize={hasMore ? -1 : files.length}
              aria-posinset={list.from + i + 1}
              style={{ transform: `translateY(${(list.from + i) * ROW_HEIGHT}px)`, height: ROW_HEIGHT }}
            >
              <span className="row-path" title={file.path}>
                {file.path}
              </span>
              {file.kind !== 'file' && <span className="ps-tag">{file.kind}</span>}
              {!file.isStored && file.kind !== 'submodule' && <span className="ps-tag">not stored</span>}
              <span className="row-size">{file.size == null ? '' : formatBytes(file.size)}</span>
            </li>
          ))}
        </ul>
      </div>
    </>
  );
}
