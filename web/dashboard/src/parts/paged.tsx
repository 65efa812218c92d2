import type { ListPage } from '@project-sync/react';
import { useInfiniteQuery, type InfiniteData, type QueryKey, type UseInfiniteQueryResult } from '@tanstack/react-query';

/** As many are asked for at once. */
const PAGE = 50;

export interface PagedList<T> {
  items: T[];
  list: UseInfiniteQueryResult<InfiniteData<ListPage<T>>>;
}

/** A list, page by page. */
export function usePaged<T>(
  queryKey: QueryKey,
  ask: (query: { limit: number; cursor: string | undefined }, options: { signal: AbortSignal }) => Promise<ListPage<T>>,
  /** How often it is asked anew while somebody sees it, in milliseconds. */
  everyMs?: number,
): PagedList<T> {
  const list = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => ask({ limit: PAGE, cursor: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? page.nextCursor ?? undefined,
    placeholderData: (before) => before,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
  return { items: list.data?.pages.flatMap((page) => page.items) ?? [], list };
}

/** Asks for the next page, if there is one. */
export function More({ list }: { list: Pick<UseInfiniteQueryResult, 'hasNextPage' | 'isFetchingNextPage' | 'fetchNextPage'> }) {
  if (!list.hasNextPage) return null;
  return (
    <button type="button" className="ps-button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
      {list.isFetchingNextPage ? 'Loading…' : 'Show more'}
    </button>
  );
}
