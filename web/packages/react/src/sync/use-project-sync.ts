import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from 'react';
import type { Client } from '../api/client.js';
import { ProblemError } from '../api/problem.js';
import type { Started, StartRequest, Sync } from '../api/types.js';
import type { ProjectSnapshot, Reset, ProgressEvent } from '../events.js';
import { isEventName } from '../events.js';
import type { ConnectionState, EventStreamOptions } from '../stream/event-stream.js';
import type { StreamEvent } from '../stream/parser.js';
import { useSSE } from '../stream/use-sse.js';
import { hasHole, initialSyncState, syncReducer, type SyncAction, type SyncState } from './reducer.js';
import {
  activeSyncs,
  currentSync,
  followerOf,
  phaseViews,
  progressOf,
  statsOf,
  type PhaseView,
  type Progress,
  type Stats,
} from './select.js';
import { isEnded, type SyncView } from './view.js';
import { explainSyncError, type Explanation } from './words.js';

export interface UseProjectSyncOptions {
  client: Client;
  /** Show the syncs of this branch only. Without it: whichever runs, else the latest one of the default branch. */
  branch?: string;
  /** How the stream is held; for tests and unusual surroundings. */
  stream?: Partial<Pick<EventStreamOptions, 'silenceMs' | 'hiddenMs' | 'stableMs' | 'backoff' | 'surroundings' | 'fetch'>>;
}

export type ActionName = 'start' | 'cancel' | 'restore';

export interface ProjectSync {
  projectId: string;
  /** The sync that runs, else the one that waits, else the latest one. */
  sync: SyncView | undefined;
  /** One more that waits for the end of this one. */
  next: SyncView | undefined;
  /** Every sync of the project that has not ended, the oldest first; of other branches too. */
  active: SyncView[];
  /** The phases of `sync`, in order. */
  phases: PhaseView[];
  /** How far the phase is that runs. */
  progress: Progress | undefined;
  stats: Stats | undefined;
  /** Whether `sync` has not ended: it runs or waits. */
  isRunning: boolean;
  /** Whether nothing is known yet. */
  isLoading: boolean;
  /** Why `sync` failed, in words. */
  error: Explanation | undefined;
  connection: ConnectionState['connection'];
  /** While the connection waits: when it is tried again, in milliseconds of `Date.now()`. */
  retryAt: number | undefined;
  /** Why the connection failed, or waits. */
  connectionError: Error | undefined;
  /** Tries the connection now. */
  reconnect: () => void;
  /** What was asked for and is not answered yet. */
  pendingAction: ActionName | undefined;
  /** Why the latest request was refused, until the next one. */
  actionError: Error | undefined;
  dismissActionError: () => void;
  /** Asks for a sync; of the hook's branch if none is named. Resolves with nothing if refused: see `actionError`. */
  start: (request?: StartRequest) => Promise<Started | undefined>;
  /** Asks for the end of `sync`. */
  cancel: () => Promise<Sync | undefined>;
  /** Asks to bring everything back to the sync `syncId`. */
  restore: (syncId: string) => Promise<Started | undefined>;
}

/** An event that does not come for so long does not come any more: the stream is begun anew. */
const HOLE_MS = 2_000;
/** The wait before what an answer did not tell is asked for again. */
const ASK_AGAIN_MS = 5_000;

/** Follows the syncs of a project, whoever started them, and starts, cancels and restores. */
export function useProjectSync(projectId: string, { client, branch, stream }: UseProjectSyncOptions): ProjectSync {
  const [state, dispatch] = useProjectState(projectId);
  const sse = useSSE(client.events.project(projectId), {
    ...stream,
    token: client.token,
    getTicket: client.getTicket && (() => client.getTicket?.({ projectId }) ?? ''),
    onEvent: (event) => {
      const action = actionOf(event);
      if (action) dispatch(action);
    },
  });
  useLostSyncs(state, client, dispatch);
  useHoles(state, sse.reconnect);

  const sync = currentSync(state, branch);
  // A kind of sync that was not seen yet: its phases are told with the status of a branch that has one.
  const unknown = sync && !isEnded(sync) && !state.phasesOf[sync.kind] ? sync : undefined;
  useStatus(projectId, client, unknown?.branch ?? branch, `${state.snapshots} ${unknown?.syncId ?? ''}`, dispatch);
  const actions = useActions(projectId, client, branch, sync, dispatch);
  const { reconnect } = sse;
  return {
    projectId,
    sync,
    next: followerOf(state, sync),
    active: useMemo(() => activeSyncs(state), [state]),
    phases: useMemo(() => phaseViews(sync), [sync]),
    progress: useMemo(() => progressOf(sync), [sync]),
    stats: useMemo(() => statsOf(sync), [sync]),
    isRunning: sync !== undefined && !isEnded(sync),
    isLoading: !state.isReady && sse.connection !== 'failed',
    error: useMemo(() => (sync?.error ? explainSyncError(sync.error) : undefined), [sync?.error]),
    connection: sse.connection,
    retryAt: sse.retryAt,
    connectionError: sse.error,
    reconnect: useCallback(() => reconnect(), [reconnect]),
    ...actions,
  };
}

/** What an event of the project's stream means. What cannot be read is of a newer server, and passes. */
export function actionOf({ type, data }: StreamEvent): SyncAction | undefined {
  let told: unknown;
  try {
    told = JSON.parse(data);
  } catch {
    return undefined;
  }
  if (typeof told !== 'object' || told === null) return undefined;
  if (type === 'snapshot') return { type: 'snapshot', snapshot: told as ProjectSnapshot };
  if (type === 'reset') return { type: 'reset', notice: told as Reset };
  return isEventName(type) ? { type: 'event', event: told as ProgressEvent } : undefined;
}

/** The state of the project that is looked at; empty again when that is another one. */
function useProjectState(projectId: string): [SyncState, (action: SyncAction) => void] {
  const [state, dispatch] = useReducer(syncReducer, initialSyncState);
  const [shown, setShown] = useState(projectId);
  if (shown !== projectId) {
    setShown(projectId);
    dispatch({ type: 'cleared' });
  }
  return [shown === projectId ? state : initialSyncState, dispatch];
}

/**
 * Asks how the branch stands: at once, because an answer may come sooner than the stream; and after each snapshot,
 * because streams do not tell of syncs that ended before. Each `round` is another question.
 */
function useStatus(
  projectId: string,
  client: Client,
  branch: string | undefined,
  round: string,
  dispatch: (action: SyncAction) => void,
) {
  useEffect(() => {
    const abort = new AbortController();
    client.projects.sync
      .status(projectId, branch === undefined ? {} : { branch }, { signal: abort.signal })
      .then((status) => dispatch({ type: 'status', status }))
      // What is wrong shows at the connection; when it begins anew the question is asked again.
      .catch(() => {});
    return () => abort.abort();
  }, [projectId, client, branch, round, dispatch]);
}

/** Asks for the end of syncs that ended while nobody listened. */
function useLostSyncs({ lost }: SyncState, client: Client, dispatch: (action: SyncAction) => void) {
  const ids = lost.join(' ');
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (ids === '') return;
    const abort = new AbortController();
    let again: ReturnType<typeof setTimeout> | undefined;
    for (const syncId of ids.split(' ')) {
      client.syncs.get(syncId, { signal: abort.signal }).then(
        (sync) => dispatch({ type: 'fetched', sync }),
        (error: unknown) => {
          if (error instanceof ProblemError && error.status === 404) dispatch({ type: 'forgotten', syncId });
          else if (!abort.signal.aborted) again ??= setTimeout(() => setRound((round) => round + 1), ASK_AGAIN_MS);
        },
      );
    }
    return () => {
      abort.abort();
      clearTimeout(again);
    };
  }, [ids, round, client, dispatch]);
}

/** Begins the stream anew if an event is missing for long. */
function useHoles(state: SyncState, reconnect: (how: { fresh: boolean }) => void) {
  const isBroken = hasHole(state);
  useEffect(() => {
    if (!isBroken) return;
    const timer = setInterval(() => reconnect({ fresh: true }), HOLE_MS);
    return () => clearInterval(timer);
  }, [isBroken, reconnect]);
}

function useActions(
  projectId: string,
  client: Client,
  branch: string | undefined,
  sync: SyncView | undefined,
  dispatch: (action: SyncAction) => void,
) {
  const [pendingAction, setPending] = useState<ActionName>();
  const [actionError, setError] = useState<Error>();
  const project = useRef(projectId);
  useEffect(() => {
    project.current = projectId;
    setPending(undefined);
    setError(undefined);
  }, [projectId]);

  const run = useCallback(
    async <T>(name: ActionName, call: () => Promise<T>, syncOf: (answer: T) => Sync): Promise<T | undefined> => {
      const asked = project.current;
      setPending(name);
      setError(undefined);
      try {
        const answer = await call();
        if (project.current === asked) dispatch({ type: 'fetched', sync: syncOf(answer) });
        return answer;
      } catch (error) {
        if (project.current === asked) setError(error as Error);
        return undefined;
      } finally {
        if (project.current === asked) setPending(undefined);
      }
    },
    [dispatch],
  );

  const start = useCallback(
    (request: StartRequest = {}) =>
      run('start', () => client.projects.sync.start(projectId, { branch, ...request }), (started) => started.sync),
    [run, client, projectId, branch],
  );
  const syncId = sync?.syncId;
  const cancel = useCallback(
    async () => (syncId === undefined ? undefined : run('cancel', () => client.syncs.cancel(syncId), (sync) => sync)),
    [run, client, syncId],
  );
  const restore = useCallback(
    (to: string) => run('restore', () => client.projects.sync.restoreMemory(projectId, to), (started) => started.sync),
    [run, client, projectId],
  );
  const dismissActionError = useCallback(() => setError(undefined), []);
  return { pendingAction, actionError, dismissActionError, start, cancel, restore };
}
