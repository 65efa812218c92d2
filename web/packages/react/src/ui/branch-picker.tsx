import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { Client } from '../api/client.js';
import type { Branch, Branches } from '../api/types.js';
import { explainProblem } from '../sync/words.js';
import { formatCount } from './format.js';
import { useLoad, useSettled } from './hooks.js';
import { BranchIcon, CheckIcon, ChevronIcon } from './icons.js';
import { useWindowed } from './windowed.js';

export interface BranchPickerProps {
  client: Client;
  projectId: string;
  /** The chosen branch; absent: the default one. */
  branch: string | undefined;
  onChange: (branch: string) => void;
  /** The default branch's name, if it is known, to be shown before the list is there. */
  defaultBranch?: string | null;
  disabled?: boolean;
  /** The field's name for those who do not see it. */
  label?: string;
}

const ROW_HEIGHT = 36;
const PAGE_ROWS = 8;
/** As many as the API gives at once; of more, those are asked for that fit what is typed. */
const LIMIT = 500;
/** How long typing must rest before the server is asked. */
const REST_MS = 200;

/** Chooses a branch: a combobox that searches as one types, over however many branches there are. */
export function BranchPicker({ client, projectId, branch, onChange, defaultBranch, disabled, label = 'Branch' }: BranchPickerProps) {
  const [isOpen, setOpen] = useState(false);
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const ids = useId();
  const root = useRef<HTMLDivElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const { found, total, error, isLoading, reload } = useBranches(client, projectId, isOpen, query);
  const list = useWindowed<HTMLUListElement>(isOpen ? found.length : 0, ROW_HEIGHT);

  const { reveal } = list;
  // What was chosen is where the list begins, until somebody types.
  const chosen = query === '' ? found.findIndex((each) => (branch === undefined ? each.isDefault : each.name === branch)) : 0;
  const start = Math.max(0, chosen);
  // As soon as the list is drawn: later it would undo what somebody has done with a key meanwhile.
  useLayoutEffect(() => {
    if (!isOpen) return;
    setActive(start);
    reveal(start);
  }, [isOpen, start, found.length, reveal]);

  useEffect(() => {
    if (!isOpen) return;
    const outside = (event: Event) => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [isOpen]);

  const open = () => {
    if (disabled || isOpen) return;
    setQuery('');
    setOpen(true);
  };
  const choose = (name: string | undefined) => {
    setOpen(false);
    if (name !== undefined && name !== branch) onChange(name);
  };
  const go = (row: number) => {
    const to = Math.max(0, Math.min(found.length - 1, row));
    setActive(to);
    reveal(to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const key = event.key;
    if (!isOpen) {
      if (key === 'ArrowDown' || key === 'ArrowUp' || key === 'Enter') open();
      else return;
    } else if (key === 'ArrowDown') go(active + 1);
    else if (key === 'ArrowUp') go(active - 1);
    else if (key === 'PageDown') go(active + PAGE_ROWS);
    else if (key === 'PageUp') go(active - PAGE_ROWS);
    else if (key === 'Home' && event.ctrlKey) go(0);
    else if (key === 'End' && event.ctrlKey) go(found.length - 1);
    else if (key === 'Enter') choose(found[active]?.name);
    else if (key === 'Escape') setOpen(false);
    else return;
    event.preventDefault();
  };

  const shownName = branch ?? defaultBranch ?? found.find((each) => each.isDefault)?.name ?? '';
  const activeId = isOpen && found[active] ? `${ids}-${active}` : undefined;
  return (
    <div className="ps ps-picker" ref={root}>
      <BranchIcon />
      <input
        ref={input}
        role="combobox"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={isOpen ? `${ids}-list` : undefined}
        aria-autocomplete="list"
        aria-activedescendant={activeId}
        autoComplete="off"
        spellCheck={false}
        disabled={disabled}
        value={isOpen ? query : shownName}
        placeholder={isOpen ? shownName || 'Search branches' : 'Default branch'}
        onChange={(event) => {
          setQuery(event.target.value);
          setOpen(true);
        }}
        onClick={open}
        onBlur={(event) => {
          if (!root.current?.contains(event.relatedTarget)) setOpen(false);
        }}
        onKeyDown={onKeyDown}
      />
      <ChevronIcon />
      {isOpen && (
        <div className="ps-picker-popup">
          <ul
            id={`${ids}-list`}
            className="ps-picker-list"
            role="listbox"
            aria-label="Branches"
            aria-busy={isLoading}
            ref={list.scroller}
            onScroll={list.onScroll}
            style={{ height: Math.min(found.length, PAGE_ROWS) * ROW_HEIGHT }}
            tabIndex={-1}
          >
            <li role="presentation" style={{ height: list.height }} />
            {found.slice(list.from, list.to).map((each, i) => {
              const row = list.from + i;
              const isChosen = branch === undefined ? each.isDefault : each.name === branch;
              return (
                <li
                  key={each.name}
                  id={`${ids}-${row}`}
                  role="option"
                  aria-selected={isChosen}
                  aria-setsize={found.length}
                  aria-posinset={row + 1}
                  data-active={row === active || undefined}
                  style={{ transform: `translateY(${row * ROW_HEIGHT}px)`, height: ROW_HEIGHT }}
                  // Before the field loses the focus.
                  onPointerDown={(event) => event.preventDefault()}
                  onPointerMove={() => row !== active && setActive(row)}
                  onClick={() => choose(each.name)}
                >
                  <Option branch={each} isChosen={isChosen} />
                </li>
              );
            })}
          </ul>
          <p className="ps-picker-note" role="status">
            {error ? (
              <>
                {explainProblem(error).title}.{' '}
                <button type="button" className="ps-link" onClick={reload}>
                  Try again
                </button>
              </>
            ) : (
              note(found.length, total, isLoading, query)
            )}
          </p>
        </div>
      )}
    </div>
  );
}

function note(found: number, total: number, isLoading: boolean, query: string): string {
  if (isLoading) return found === 0 ? 'Asking the repository…' : 'Searching…';
  if (found === 0) return query === '' ? 'The repository has no branches' : `No branch holds “${query}”`;
  if (total > found) return `The first ${formatCount(found)} of ${formatCount(total)}: type to find others`;
  return found === 1 ? 'One branch' : `${formatCount(found)} branches`;
}

function Option({ branch, isChosen }: { branch: Branch; isChosen: boolean }) {
  const state = branch.headSync === 0 ? 'never synced' : branch.isUpToDate ? 'up to date' : 'has news';
  return (
    <>
      <span className="ps-option-check">{isChosen && <CheckIcon />}</span>
      <span className="ps-option-name" title={branch.name}>
        {branch.name}
      </span>
      {branch.isDefault && <span className="ps-tag">default</span>}
      <span className="ps-option-state" data-state={state}>
        {state}
      </span>
    </>
  );
}

/** All branches where they come in one answer, and then searched here; else those that the server finds. */
function useBranches(client: Client, projectId: string, isOpen: boolean, query: string) {
  const all = useLoad<Branches>(isOpen ? projectId : undefined, (signal) =>
    client.projects.sync.branches(projectId, { limit: LIMIT }, { signal }),
  );
  const isWhole = all.data !== undefined && all.data.total <= all.data.items.length;
  const asked = useSettled(query, REST_MS);
  const needsServer = isOpen && all.data !== undefined && !isWhole && asked !== '';
  const some = useLoad<Branches>(needsServer ? `${projectId} ${asked}` : undefined, (signal) =>
    client.projects.sync.branches(projectId, { query: asked, limit: LIMIT }, { signal }),
  );
  const given = needsServer && some.data ? some.data : all.data;
  const found = useMemo(() => {
    const words = query.toLowerCase();
    return (given?.items ?? []).filter((branch) => branch.name.toLowerCase().includes(words));
  }, [given, query]);
  const isTyping = !isWhole && query !== asked;
  return {
    found,
    total: needsServer || query === '' ? (given?.total ?? 0) : found.length,
    error: all.error ?? some.error,
    isLoading: all.isLoading || some.isLoading || isTyping,
    reload: all.error ? all.reload : some.reload,
  };
}
