import { useQueryClient } from '@tanstack/react-query';

/** How often the page asks anew while somebody sees it. */
export const EVERY_MS = 3_000;
/** As many are asked for at once. */
export const PAGE = 50;

/** Asks for everything about the queue anew. */
export function useAgain(): () => void {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: ['queue'] });
}
