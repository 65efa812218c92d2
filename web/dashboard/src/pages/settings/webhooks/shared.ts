// What is said of webhooks, and asked of the server for all their pages.
import type { WebhookDelivery } from '@project-sync/react';
import { useQuery } from '@tanstack/react-query';
import { client } from '../../../api.js';

/** What begins the keys of all that is known of webhooks. */
export const KEY = ['webhooks'];
/** How often the log is asked for anew while somebody sees it. */
export const EVERY_MS = 3_000;
/** How often "5 min ago" is told anew. */
export const AGO_MS = 30_000;
/** As many projects as the API gives at once. */
const PROJECTS = 500;

/** The kinds of events that there are. */
export const KINDS: readonly (readonly [kind: string, words: string])[] = [
  ['project_sync.completed', 'Sync completed'],
  ['project_sync.failed', 'Sync failed'],
  ['project_sync.cancelled', 'Sync cancelled'],
  ['project_sync.restored', 'State restored'],
];

const ALSO: Record<string, string> = { 'project_sync.test': 'Test' };

export function kindWords(kind: string): string {
  return KINDS.find(([each]) => each === kind)?.[1] ?? ALSO[kind] ?? kind;
}

export const STATES: Record<WebhookDelivery['status'], { words: string; status: 'ok' | 'none' | 'fail' }> = {
  pending: { words: 'Waits', status: 'none' },
  delivered: { words: 'Delivered', status: 'ok' },
  failed: { words: 'Given up', status: 'fail' },
};

/** The projects that a webhook may be for, with their names. */
export function useProjects() {
  const projects = useQuery({
    queryKey: ['projects', 'names'],
    queryFn: ({ signal }) => client.projects.list({ limit: PROJECTS }, { signal }),
  });
  return projects.data?.items ?? [];
}
