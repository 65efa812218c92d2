import { useSettled } from '@project-sync/react';
import { useEffect, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';

/** How long typing must rest before it is searched for. */
const REST_MS = 250;

type Change = Record<string, string | undefined>;

/** The part of the address that says what is shown: it is kept by a reload, and can be sent to others. */
export function useUrl(): [URLSearchParams, (change: Change) => void] {
  const [search, setSearch] = useSearchParams();
  const change = (values: Change) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        for (const [name, value] of Object.entries(values)) {
          if (value === undefined || value === '') after.delete(name);
          else after.set(name, value);
        }
        return after;
      },
      { replace: true },
    );
  return [search, change];
}

/** What is typed into a search field, and what is searched for: the same, once typing rests. The address has it. */
export function useTyped(name: string): [typed: string, setTyped: (typed: string) => void, query: string | undefined] {
  const [search, change] = useUrl();
  const [typed, setTyped] = useState(() => search.get(name) ?? '');
  const query = useSettled(typed.trim(), REST_MS) || undefined;
  const latest = useRef(change);
  useEffect(() => {
    latest.current = change;
  });
  const isTold = (search.get(name) ?? undefined) === query;
  useEffect(() => {
    if (!isTold) latest.current({ [name]: query });
  }, [isTold, name, query]);
  return [typed, setTyped, query];
}
