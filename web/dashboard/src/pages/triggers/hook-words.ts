// What is said of hooks.
import type { Hook, HookDelivery, HookKind, Source } from '@project-sync/react';

/** How often "5 min ago" is told anew. */
export const AGO_MS = 30_000;
/** How often the page asks anew while somebody sees it. */
export const EVERY_MS = 5_000;

export const HOSTS: readonly (readonly [HookKind, string])[] = [
  ['github', 'GitHub'],
  ['gitlab', 'GitLab'],
  ['gitea', 'Gitea or Forgejo'],
];

/** What came of something that the host sent, and how well that is. */
export const DELIVERY: Record<HookDelivery['result'], { words: string; status: 'ok' | 'none' | 'warn' | 'fail' }> = {
  queued: { words: 'Sync asked for', status: 'ok' },
  untracked: { words: 'A branch that was never synced', status: 'none' },
  deleted: { words: 'Branch deleted, noted', status: 'ok' },
  ping: { words: 'A test, answered', status: 'ok' },
  ignored: { words: 'Not about a branch', status: 'none' },
  otherRepository: { words: 'Another repository', status: 'warn' },
  unreadable: { words: 'Could not be read', status: 'fail' },
  unseen: { words: 'Commit was never seen', status: 'warn' },
};

/** The host that a repository is probably on. */
export function likelyHost(source: Source): HookKind {
  if (source.kind === 'github') return 'github';
  const name = /^https?:\/\/([^/:]+)/i.exec(source.url)?.[1]?.toLowerCase() ?? '';
  if (name.includes('gitlab')) return 'gitlab';
  return /gitea|forgejo|codeberg/.test(name) ? 'gitea' : 'github';
}

/** Where the host is to send it: the service may not know under which name it is reached. */
export function addressOf({ url }: Pick<Hook, 'url'>): string {
  return url.startsWith('/') ? `${window.location.origin}${url}` : url;
}

/** Whether the address is only as this browser reaches the service. */
export function isGuessed({ url }: Pick<Hook, 'url'>): boolean {
  return url.startsWith('/');
}
