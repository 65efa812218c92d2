// Codes in words that say what to do. A code that is not here has the server's own words.
import { ProblemError, UnreachableError } from '../api/problem.js';
import type { SyncError } from '../api/types.js';

export interface Explanation {
  /** What happened, in a few words. */
  title: string;
  /** The server's own words, if there are any. */
  detail?: string;
  /** What to do. */
  advice?: string;
  /** To be named when asking for help. */
  traceId?: string;
}

const SYNC_ERRORS: Record<string, [title: string, advice?: string]> = {
  'repository-not-found': [
    'The repository was not found',
    'Check its address. If it is private, give the server a token that may read it.',
  ],
  'not-a-repository': ['There is no git repository', 'Check the address: it must lead to the repository itself.'],
  'token-refused': [
    'The token was refused',
    'It may have expired, or may not read this repository. Give the server a new one, then sync again.',
  ],
  'branch-not-found': ['The branch is gone', 'It may have been deleted or renamed at the source. Choose another one.'],
  'empty-repository': ['The repository is empty', 'Push a first commit, then sync again.'],
  'detached-head': ['No branch is checked out there', 'Choose a branch by its name.'],
  unsupported: ['This repository cannot be read'],
  'commit-gone': ['The commit disappeared while it was read', 'The branch was probably rewritten. Sync again.'],
  'object-missing': ['The repository lacks an object', 'It may be damaged at the source: run git fsck there.'],
  'corrupt-data': ['Damaged data arrived', 'Sync again. If it happens again, check the repository with git fsck.'],
  'rate-limited': ['The host asks for a pause', 'Wait until its limit is lifted, then sync again.'],
  unreachable: ['The host cannot be reached', 'Check the address and the network, then sync again.'],
  'server-error': ['The host answered with an error', 'Try again in some minutes.'],
  'too-large': ['Something is larger than the limits allow'],
  io: ['The disk or a file could not be used', 'Look after space and permissions on the server’s machine.'],
  database: ['The database does not answer', 'Nothing is lost. Sync again once it is back.'],
  proof: ['The result could not be proved', 'Nothing of it is visible. Sync again with “compare everything anew”.'],
  'path-too-long': ['A path is longer than the limits allow'],
  'sync-forgotten': ['The state to restore is not kept any more', 'Choose a later sync.'],
  'worker-lost': ['The workers were lost while they ran it', 'Look at the workers’ logs and memory, then sync again.'],
  internal: ['Something went wrong inside', 'Sync again. If it happens again, the server’s log tells more.'],
};

/** Why a sync failed, in words. */
export function explainSyncError(error: SyncError): Explanation {
  const [title, advice] = SYNC_ERRORS[error.code] ?? ['The sync failed'];
  return { title, advice, detail: error.message };
}

const PROBLEMS: Record<string, string> = {
  'branch-busy': 'Wait until the running sync has ended, or cancel it.',
  'branch-not-found': 'It may have been deleted or renamed. Choose another branch.',
  'sync-forgotten': 'Choose a later sync.',
  'project-not-found': 'It may have been removed meanwhile.',
  'source-unreachable': 'Check the repository’s address and the network.',
  'database-unavailable': 'The server is there, its database is not. Try again in a moment.',
  'already-set-up': 'Load the page anew, and log in.',
  'invalid-credentials': 'Check both and try again.',
  'last-owner': 'Make somebody else an owner first.',
  'too-many-requests': 'Wait a moment, then try again.',
  'already-ended': 'There is nothing to cancel any more.',
  'limit-reached': 'Remove one first, or have whoever runs the service raise the limit.',
  'webhook-disabled': 'Switch it on first.',
  'webhook-not-found': 'It may have been removed meanwhile.',
  'no-keys': 'Whoever runs the service has to give it keys first: secrets are kept encrypted.',
};

/** Why a request failed, in words. */
export function explainProblem(error: unknown): Explanation {
  if (error instanceof UnreachableError) {
    return { title: 'The server does not answer', advice: 'Check that it runs and that this machine reaches it.' };
  }
  if (error instanceof ProblemError) {
    const { title, detail, traceId } = error;
    const advice = PROBLEMS[error.code] ?? adviceOf(error.status);
    return { title, detail: detail === title ? undefined : detail, advice, traceId };
  }
  return { title: 'Something went wrong', detail: error instanceof Error ? error.message : undefined };
}

function adviceOf(status: number): string | undefined {
  if (status === 401) return 'Log in again.';
  if (status === 403) return 'Ask an owner for access.';
  return status >= 500 ? 'Try again in a moment.' : undefined;
}
