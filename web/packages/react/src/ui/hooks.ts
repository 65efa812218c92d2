import { useCallback, useEffect, useRef, useState } from 'react';

/** The time, anew each second while `isRunning`. */
export function useNow(isRunning: boolean, everyMs = 1000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isRunning) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [isRunning, everyMs]);
  return now;
}

export interface Loaded<T> {
  /** The latest answer; it stays while a newer one is awaited. */
  data: T | undefined;
  error: Error | undefined;
  isLoading: boolean;
  reload: () => void;
}

/** What `load` gives; asked again when `key` changes. Without a key nothing is asked. */
export function useLoad<T>(key: string | undefined, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ key?: string; data?: T; error?: Error }>({});
  const [round, setRound] = useState(0);
  const latest = useRef(load);
  useEffect(() => {
    latest.current = load;
  });
  useEffect(() => {
    if (key === undefined) return;
    const abort = new AbortController();
    latest.current(abort.signal).then(
      (data) => !abort.signal.aborted && setState({ key, data }),
      (error: Error) => !abort.signal.aborted && setState((before) => ({ ...before, key, error })),
    );
    return () => abort.abort();
  }, [key, round]);
  const reload = useCallback(() => {
    setState((before) => ({ ...before, key: undefined }));
    setRound((round) => round + 1);
  }, []);
  const isCurrent = state.key === key;
  return {
    data: state.data,
    error: isCurrent ? state.error : undefined,
    isLoading: key !== undefined && !isCurrent,
    reload,
  };
}

export interface Paged<T> {
  items: T[];
  error: Error | undefined;
  isLoading: boolean;
  hasMore: boolean;
  more: () => void;
}

interface PagedState<T> {
  key?: string;
  items: T[];
  cursor?: string | null;
  error?: Error;
  isLoading: boolean;
}

/**
 * The pages of a list, one after the other. Another `key` is another list. Another `version` is the same list that has
 * changed: its first page is asked for again and takes the old one's place once it is there, so that nothing jumps.
 */
export function usePages<T>(
  key: string,
  version: string,
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<{ items: T[]; nextCursor?: string | null }>,
): Paged<T> {
  const [state, setState] = useState<PagedState<T>>({ items: [], isLoading: true });
  const latest = useRef(load);
  const abort = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    latest.current = load;
  });

  const ask = useCallback((key: string, cursor: string | undefined) => {
    abort.current?.abort();
    const asked = new AbortController();
    abort.current = asked;
    setState((before) => ({
      ...(before.key === key ? before : { items: [] }),
      key,
      error: undefined,
      isLoading: true,
    }));
    latest.current(cursor, asked.signal).then(
      ({ items, nextCursor }) => {
        if (asked.signal.aborted) return;
        setState((before) => ({
          key,
          items: cursor === undefined ? items : [...before.items, ...items],
          cursor: nextCursor,
          isLoading: false,
        }));
      },
      (error: Error) => {
        if (!asked.signal.aborted) setState((before) => ({ ...before, error, isLoading: false }));
      },
    );
  }, []);

  useEffect(() => {
    ask(key, undefined);
    return () => abort.current?.abort();
  }, [ask, key, version]);

  const isCurrent = state.key === key;
  return {
    items: isCurrent ? state.items : [],
    error: isCurrent ? state.error : undefined,
    isLoading: !isCurrent || state.isLoading,
    hasMore: isCurrent && state.cursor != null,
    more: () => ask(key, state.error && state.items.length === 0 ? undefined : (state.cursor ?? undefined)),
  };
}

/** The value as it was when it last stood still for `ms`. */
export function useSettled<T>(value: T, ms: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
