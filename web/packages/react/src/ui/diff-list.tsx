import type { Client } from '../api/client.js';
import type { FileChange, MemoryChange } from '../api/types.js';
import { explainProblem } from '../sync/words.js';
import { usePages } from './hooks.js';
import { useLongList } from './long-list.js';
import { ErrorMessage } from './message.js';

export interface DiffListProps {
  client: Client;
  /** The sync whose state is shown as new. */
  syncId: string;
  /** The completed sync of the same branch to compare with; the one that it followed if absent. */
  against: string | undefined;
  part: 'files' | 'memory';
}

/** The first page, and those that are asked for. */
const PAGE = 200;
const NEXT_PAGE = 500;
/** About as high as a row is, in pixels. */
const ROW_HEIGHT = 26;

type Change = { key: string; sign: string; kind: string; name: string; note?: string };

/** What changed from one sync to another, page by page. */
export function DiffList({ client, syncId, against, part }: DiffListProps) {
  const { items, error, isLoading, hasMore, more } = usePages<Change>(
    `${syncId} ${against ?? ''} ${part}`,
    '',
    async (cursor, signal) => {
      const diff = await client.syncs.diff(syncId, { against, part, cursor, limit: cursor === undefined ? PAGE : NEXT_PAGE }, { signal });
      const changes = part === 'files' ? (diff.files ?? []).map(ofFile) : (diff.memory ?? []).map(ofMemory);
      return { items: changes, nextCursor: diff.nextCursor };
    },
  );
  const rows = useLongList<HTMLUListElement>(items.length, ROW_HEIGHT);
  const what = part === 'files' ? 'file' : 'memory entry';
  if (items.length === 0 && !error) {
    return <p className="ps-empty">{isLoading ? 'Comparing…' : `No ${what} differs.`}</p>;
  }
  return (
    <>
      <ul
        className="ps-diff"
        aria-label={part === 'files' ? 'Files that differ' : 'Memory that differs'}
        ref={rows.list}
        style={rows.style}
        data-long={rows.isLong || undefined}
      >
        {items.slice(rows.from, rows.to).map((change, i) => (
          <li
            key={change.key}
            data-change={change.kind}
            aria-posinset={rows.from + i + 1}
            aria-setsize={hasMore ? -1 : items.length}
          >
            <span className="ps-diff-sign" aria-hidden="true">
              {change.sign}
            </span>
            <span className="ps-hidden">{change.kind}: </span>
            <span className="ps-diff-name" title={change.name}>
              {change.name}
            </span>
            {change.note && <span className="ps-muted">{change.note}</span>}
          </li>
        ))}
      </ul>
      {error && <ErrorMessage explanation={explainProblem(error)} />}
      {(hasMore || error) && (
        <button type="button" className="ps-button" onClick={more} disabled={isLoading}>
          {isLoading ? 'Loading…' : error ? 'Try again' : 'Show more'}
        </button>
      )}
    </>
  );
}

const FILE_SIGNS = { added: '+', deleted: '−', modified: '~', renamed: '→' };

function ofFile({ change, path, pathBase64, from }: FileChange): Change {
  const note = change === 'renamed' && from ? `from ${from.path}` : undefined;
  return { key: pathBase64 ?? path, sign: FILE_SIGNS[change], kind: change, name: path, note };
}

const MEMORY_CHANGES = {
  created: { sign: '+', kind: 'added' },
  retired: { sign: '−', kind: 'deleted' },
  replaced: { sign: '~', kind: 'modified' },
};

function ofMemory({ change, key, title, kind }: MemoryChange): Change {
  return { key: `${kind} ${key}`, ...MEMORY_CHANGES[change], name: title || key, note: kind };
}
