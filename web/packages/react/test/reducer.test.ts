import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ProgressEvent } from '../src/events.js';
import { hasHole, initialSyncState, syncReducer, type SyncAction, type SyncState } from '../src/sync/reducer.js';
import { currentSync, followerOf, phaseViews, progressOf, statsOf } from '../src/sync/select.js';
import { isEnded } from '../src/sync/view.js';
import {
  answer,
  at,
  COMPLETED,
  COUNTS,
  events,
  numbered,
  PHASES,
  phasesRun,
  projectSnapshot,
  queued,
  reduce,
  snapshotOf,
  syncId,
  TRIED,
  wholeSync,
  type BareEvent,
} from './samples.js';

const ID = syncId(1);
/** That every kind of sync has these phases, as an answer of the API told. */
const knowsPhases: SyncState = { ...initialSyncState, phasesOf: { sync: PHASES } };

const shown = (state: SyncState) => currentSync(state);
const statuses = (state: SyncState) => phaseViews(shown(state)).map((phase) => phase.status);

describe('one sync', () => {
  test('goes from waiting to running to completed', () => {
    const all = wholeSync();
    const waiting = reduce(events(all.slice(0, 1)), knowsPhases);
    expect(shown(waiting)).toMatchObject({ status: 'pending', branch: 'main', ordinal: 1, attempts: 0 });
    expect(statuses(waiting)).toEqual(['toCome', 'toCome', 'toCome', 'toCome']);

    const running = reduce(events(all.slice(0, 6)), knowsPhases);
    expect(shown(running)).toMatchObject({ status: 'running', attempts: 1, phase: 'scan', startedAt: at(1) });
    expect(statuses(running)).toEqual(['done', 'running', 'toCome', 'toCome']);
    expect(progressOf(shown(running))).toMatchObject({ phase: 'scan', position: 2, of: 4, done: 50, fraction: 0.5 });

    const done = reduce(events(all), knowsPhases);
    expect(shown(done)).toMatchObject({ status: 'completed', number: 7, counts: COUNTS, finishedAt: at(13) });
    expect(statuses(done)).toEqual(['done', 'done', 'done', 'done']);
    expect(progressOf(shown(done))).toBeUndefined();
    expect(statsOf(shown(done))).toEqual({ files: 100, bytes: 40_960, requests: 3, warnings: 1 });
  });

  test('shows phases that were not needed as skipped, whatever they are called', () => {
    const list = numbered(ID, [
      queued(),
      { type: 'phaseStarted', phase: 'prepare', attempt: 1 },
      { type: 'phaseCompleted', phase: 'prepare', durationMs: 3 },
      COMPLETED,
    ]);
    expect(statuses(reduce(events(list), knowsPhases))).toEqual(['done', 'skipped', 'skipped', 'skipped']);
  });

  test('takes phases that nobody announced as they come', () => {
    const list = numbered(ID, [queued(), { type: 'phaseStarted', phase: 'polish', attempt: 1 }]);
    expect(phaseViews(shown(reduce(events(list))))).toMatchObject([{ phase: 'polish', status: 'running' }]);
  });

  test('begins its phases anew after an interruption, and counts the try', () => {
    const interrupted = numbered(ID, [
      queued(),
      ...phasesRun().slice(0, 5),
      { type: 'interrupted', reason: 'error', retryAt: at(60), error: { code: 'unreachable', message: 'no route' } },
    ]);
    const waiting = reduce(events(interrupted), knowsPhases);
    expect(shown(waiting)).toMatchObject({ status: 'pending', attempts: 1, runAfter: at(60) });
    expect(shown(waiting)?.interruption?.error?.code).toBe('unreachable');
    expect(statuses(waiting)).toEqual(['toCome', 'toCome', 'toCome', 'toCome']);

    const again = { type: 'phaseStarted', phase: 'prepare', attempt: 1, syncId: ID, seq: 8, at: at(61) } as const;
    const running = reduce(events([again]), waiting);
    expect(shown(running)).toMatchObject({ status: 'running', attempts: 2, interruption: undefined, runAfter: undefined });
    expect(shown(running)?.startedAt).toBe(at(1));
  });

  test('counts a hand-over as the server does, and the warnings of the new worker alone', () => {
    const list = numbered(ID, [
      queued(),
      { type: 'phaseStarted', phase: 'prepare', attempt: 1 },
      { type: 'warning', phase: 'prepare', code: 'odd', message: 'of the first' },
      { type: 'interrupted', reason: 'handedOver' },
      { type: 'phaseStarted', phase: 'prepare', attempt: 1 },
      { type: 'warning', phase: 'prepare', code: 'odd', message: 'of the second' },
    ]);
    expect(shown(reduce(events(list)))).toMatchObject({
      status: 'running',
      attempts: 2,
      warnings: 1,
      recentWarnings: [{ message: 'of the second' }],
    });
  });

  test('a phase that is tried again sends those after it back', () => {
    const list = numbered(ID, [
      queued(),
      ...phasesRun().slice(0, 7),
      { type: 'phaseStarted', phase: 'scan', attempt: 2 },
    ]);
    expect(statuses(reduce(events(list), knowsPhases))).toEqual(['done', 'running', 'toCome', 'toCome']);
  });

  test('takes the phases that the first event announces, and keeps them for the next sync', () => {
    const announcing: BareEvent = { ...queued(), phases: ['fetch', 'store'] } as BareEvent;
    const state = reduce(events(numbered(ID, [announcing])));
    expect(statuses(state)).toEqual(['toCome', 'toCome']);
    const next = reduce(events(numbered(syncId(2), [queued(2)])), state);
    expect(next.syncs[syncId(2)]?.phases.map(({ phase }) => phase)).toEqual(['fetch', 'store']);
  });

  test('a failure marks the phase, a cancellation stops it', () => {
    const begin = [queued(), ...phasesRun().slice(0, 5)];
    const failed = numbered(ID, [...begin, { type: 'failed', error: { code: 'proof', message: 'no' } }]);
    expect(statuses(reduce(events(failed), knowsPhases))).toEqual(['done', 'failed', 'toCome', 'toCome']);
    const cancelled = numbered(ID, [...begin, { type: 'cancelled' }]);
    expect(statuses(reduce(events(cancelled), knowsPhases))).toEqual(['done', 'stopped', 'toCome', 'toCome']);
  });

  test('keeps the words of the last warnings and counts all', () => {
    const warnings = Array.from({ length: 30 }, (_, i): BareEvent => {
      return { type: 'warning', phase: 'scan', code: 'content-not-stored', message: `file ${i}` };
    });
    const sync = shown(reduce(events(numbered(ID, [queued(), ...warnings]))));
    expect(sync?.warnings).toBe(30);
    expect(sync?.recentWarnings).toHaveLength(10);
    expect(sync?.recentWarnings.at(-1)?.message).toBe('file 29');
  });

  test('lets events of a newer server pass', () => {
    const odd = { type: 'sparkle', syncId: ID, seq: 2, at: at(1) } as unknown as ProgressEvent;
    const next = { type: 'phaseStarted', phase: 'prepare', attempt: 1, syncId: ID, seq: 3, at: at(2) } as const;
    expect(shown(reduce(events([...numbered(ID, [queued()]), odd, next])))).toMatchObject({ seq: 3, status: 'running' });
  });
});

describe('the estimate', () => {
  const progress = (second: number, done: number): SyncAction => ({
    type: 'event',
    event: {
      type: 'phaseProgress',
      phase: 'scan',
      syncId: ID,
      seq: second + 3,
      at: at(second),
      done,
      total: 1000,
      unit: 'files',
      bytes: 0,
      requests: 0,
    },
  });
  const begin = events(numbered(ID, [queued(), { type: 'phaseStarted', phase: 'scan', attempt: 1 }]));

  test('is silent until it means something', () => {
    expect(progressOf(shown(reduce([...begin, progress(0, 0)])))?.remainingMs).toBeUndefined();
    expect(progressOf(shown(reduce([...begin, progress(0, 0), progress(1, 500)])))?.remainingMs).toBeUndefined();
  });

  test('goes by the speed of the phase', () => {
    const state = reduce([...begin, ...[0, 1, 2, 3, 4].map((second) => progress(second, second * 50))]);
    expect(progressOf(shown(state))?.remainingMs).toBe(16_000);
  });
});

describe('snapshots', () => {
  test('tell what runs, and the events go on from there', () => {
    const all = wholeSync();
    const middle = shown(reduce(events(all.slice(0, 7)), knowsPhases))!;
    const state = reduce([
      { type: 'snapshot', snapshot: projectSnapshot(snapshotOf(middle)) },
      ...events(all.slice(7)),
    ]);
    expect(shown(state)).toMatchObject({ status: 'completed', seq: all.length });
  });

  test('an older one changes nothing', () => {
    const all = wholeSync();
    const [early, late] = [3, 9].map((n) => reduce(events(all.slice(0, n)), knowsPhases));
    const after = syncReducer(late!, { type: 'snapshot', snapshot: projectSnapshot(snapshotOf(shown(early!)!)) });
    expect(shown(after)).toEqual(shown(late!));
  });

  test('an answer tells the phase in which a sync ended early, though there is a record of it', () => {
    const phases = ['prepare', 'scan'].map((phase) => ({ phase, attempts: 1, durationMs: 3 }));
    const shown = (status: 'cancelled' | 'failed') => {
      const told = reduce([{ type: 'fetched', sync: answer({ status, phase: 'scan', phases }) }]);
      return phaseViews(Object.values(told.syncs)[0]).map((view) => view.status);
    };
    expect(shown('cancelled')).toEqual(['done', 'stopped']);
    expect(shown('failed')).toEqual(['done', 'failed']);
  });

  test('a sync that is not in one is asked for, and its end is kept', () => {
    const running = reduce(events(wholeSync().slice(0, 6)));
    const without = syncReducer(running, { type: 'snapshot', snapshot: projectSnapshot() });
    expect(without.lost).toEqual([ID]);
    const told = syncReducer(without, { type: 'fetched', sync: answer({ status: 'failed', error: { code: 'io', message: 'full' } }) });
    expect(told.lost).toEqual([]);
    expect(shown(told)).toMatchObject({ status: 'failed', error: { code: 'io' } });
    // What was on its way meanwhile changes nothing any more.
    expect(reduce(events(wholeSync().slice(6)), told)).toEqual(told);
  });

  test('an end that was asked for makes what still waited needless', () => {
    const holed = reduce(events(wholeSync().filter((event) => event.seq !== 3)));
    expect(hasHole(holed)).toBe(true);
    const told = syncReducer(holed, { type: 'fetched', sync: answer() });
    expect(hasHole(told)).toBe(false);
    expect(shown(told)?.status).toBe('completed');
  });

  test('a sync that is nowhere any more is forgotten', () => {
    const running = reduce(events(wholeSync().slice(0, 6)));
    const state = reduce(
      [{ type: 'snapshot', snapshot: projectSnapshot() }, { type: 'forgotten', syncId: ID }],
      running,
    );
    expect(shown(state)).toBeUndefined();
    expect(state.lost).toEqual([]);
  });

  test('after a reset they win over what is known, but not over an end', () => {
    const all = wholeSync();
    const early = snapshotOf(shown(reduce(events(all.slice(0, 3)), knowsPhases))!);
    const reset: SyncAction[] = [
      { type: 'reset', notice: { reason: 'unknownId' } },
      { type: 'snapshot', snapshot: projectSnapshot(early) },
    ];
    expect(shown(reduce(reset, reduce(events(all.slice(0, 9)))))?.seq).toBe(3);
    expect(shown(reduce(reset, reduce(events(all))))?.status).toBe('completed');
  });

  test('what is shown stays while a reset waits for its snapshot', () => {
    const running = reduce(events(wholeSync().slice(0, 6)));
    expect(shown(syncReducer(running, { type: 'reset', notice: { reason: 'tooOld' } }))).toEqual(shown(running));
  });
});

describe('answers of the API', () => {
  test('show a sync before the stream does, and its events go on', () => {
    const fresh = answer({ status: 'pending', phases: [], finishedAt: null, startedAt: null, number: null, attempts: 0 });
    const asked = reduce([{ type: 'fetched', sync: fresh }], knowsPhases);
    expect(shown(asked)).toMatchObject({ status: 'pending', seq: 0 });
    expect(shown(reduce(events(wholeSync()), asked))).toMatchObject({ status: 'completed', ordinal: 1, attempts: 1 });
  });

  test('a status gives the phases, and the progress until the stream tells more', () => {
    const sync = answer({ status: 'running', phase: 'scan', phases: [], finishedAt: null, number: null });
    const progress = { phase: 'scan', done: 5, total: 10, unit: 'files', bytes: 9, requests: 2 };
    const state = reduce([{ type: 'status', status: { branch: 'main', sync, progress, phases: PHASES } }]);
    expect(progressOf(shown(state))).toMatchObject({ phase: 'scan', position: 2, of: 4, fraction: 0.5 });
  });

  test('phases that are learnt late are shown with those that came before', () => {
    const begun = reduce(events(wholeSync().slice(0, 5)));
    expect(phaseViews(shown(begun)).map((phase) => phase.phase)).toEqual(['prepare', 'scan']);
    const sync = answer({ status: 'running', phase: 'scan', phases: [], finishedAt: null, number: null });
    const state = reduce([{ type: 'status', status: { branch: 'main', sync, phases: PHASES } }], begun);
    expect(statuses(state)).toEqual(['done', 'running', 'toCome', 'toCome']);
  });

  test('a branch that was never synced has none', () => {
    expect(shown(reduce([{ type: 'status', status: { branch: 'main', sync: null, phases: PHASES } }]))).toBeUndefined();
  });

  test('a cancellation that was asked for shows at once and stays through snapshots', () => {
    const running = reduce(events(wholeSync().slice(0, 6)), knowsPhases);
    const asked = answer({ status: 'running', cancelRequested: true });
    const state = reduce(
      [
        { type: 'fetched', sync: asked },
        { type: 'snapshot', snapshot: projectSnapshot(snapshotOf(shown(running)!)) },
      ],
      running,
    );
    expect(shown(state)).toMatchObject({ cancelRequested: true, status: 'running', seq: 6 });
  });
});

describe('which sync is shown', () => {
  const start = (n: number, branch: string, more: BareEvent[] = []): SyncAction[] =>
    events(numbered(syncId(n), [queued(n, branch), ...more])).map((action) =>
      action.type === 'event' ? { ...action, event: { ...action.event, at: at(n * 100 + action.event.seq) } } : action,
    );
  const begun: BareEvent = { type: 'phaseStarted', phase: 'prepare', attempt: 1 };

  test('the running one, then the waiting one, then the latest', () => {
    const ended = reduce([...start(1, 'main', [begun, COMPLETED]), ...start(2, 'main', [{ type: 'cancelled' }])]);
    expect(shown(ended)?.syncId).toBe(syncId(2));
    const both = reduce([...start(3, 'main', [begun]), ...start(4, 'main')], ended);
    expect(shown(both)?.syncId).toBe(syncId(3));
    expect(followerOf(both, shown(both))?.syncId).toBe(syncId(4));
    const left = reduce(events([{ type: 'cancelled', syncId: syncId(3), seq: 3, at: at(900) }]), both);
    expect(shown(left)?.syncId).toBe(syncId(4));
  });

  test('those of the branch only, if one is named', () => {
    const state = reduce([...start(1, 'main', [begun]), ...start(2, 'next', [begun])]);
    expect(currentSync(state, 'main')?.syncId).toBe(syncId(1));
    expect(currentSync(state, 'next')?.syncId).toBe(syncId(2));
    expect(currentSync(state, 'gone')).toBeUndefined();
  });

  test('only the latest ended ones are remembered', () => {
    const many = Array.from({ length: 50 }, (_, i) => start(i + 1, 'main', [{ type: 'cancelled' }])).flat();
    const state = reduce(many);
    expect(Object.keys(state.syncs)).toHaveLength(20);
    expect(shown(state)?.syncId).toBe(syncId(50));
  });
});

// Histories of one sync as a server may tell them: tries that are interrupted, then an end, or none yet.
const step = fc.oneof(
  fc.record({
    type: fc.constant('phaseProgress' as const),
    phase: fc.constantFrom(...PHASES),
    done: fc.nat(100),
    total: fc.constant(100),
    unit: fc.constant('files' as const),
    bytes: fc.nat(),
    requests: fc.nat(),
  }),
  fc.record({ type: fc.constant('warning' as const), phase: fc.constant('scan'), code: fc.constant('c'), message: fc.string() }),
  fc.record({ type: fc.constant('phaseStarted' as const), phase: fc.constantFrom(...PHASES), attempt: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant('phaseCompleted' as const), phase: fc.constantFrom(...PHASES), durationMs: fc.nat() }),
  fc.record({ type: fc.constant('interrupted' as const), reason: fc.constantFrom('error', 'workerLost', 'handedOver') }),
) as fc.Arbitrary<BareEvent>;
const ending = fc.option(
  fc.constantFrom<BareEvent>(COMPLETED, { type: 'cancelled' }, { type: 'failed', error: { code: 'io', message: 'full' } }),
  { nil: undefined },
);
const history = (id: string) =>
  fc.tuple(fc.array(step, { maxLength: 25 }), ending).map(([steps, end]) =>
    numbered(id, [queued(), ...steps, ...(end ? [end] : [])]),
  );
/** Each event once or several times, in any order. */
const scrambled = <T>(list: T[]) =>
  fc
    .tuple(fc.shuffledSubarray(list, { minLength: list.length }), fc.array(fc.constantFrom(...list), { maxLength: 20 }))
    .chain(([once, more]) => fc.shuffledSubarray([...once, ...more], { minLength: once.length + more.length }));
/** Without the estimate, which is about when something was heard, too. */
const settled = (state: SyncState) => ({ ...state, snapshots: 0, syncs: Object.fromEntries(Object.entries(state.syncs).map(([id, { sample: _, ...sync }]) => [id, sync])) });

describe('whatever the network does', () => {
  test('events in any order, however often, give what they give in order', () => {
    fc.assert(
      fc.property(
        history(ID).chain((list) => fc.tuple(fc.constant(list), scrambled(list))),
        ([list, jumbled]) => {
          const state = reduce(events(jumbled), knowsPhases);
          expect(state).toEqual(reduce(events(list), knowsPhases));
          expect(hasHole(state)).toBe(false);
        },
      ),
      TRIED,
    );
  });

  test('two syncs told in one stream do not touch each other', () => {
    const both = fc.tuple(history(syncId(1)), history(syncId(2)));
    fc.assert(
      fc.property(
        both.chain(([a, b]) => fc.tuple(fc.constant([a, b] as const), scrambled([...a, ...b]))),
        ([[a, b], jumbled]) => {
          const state = reduce(events(jumbled), knowsPhases);
          expect(state.syncs[syncId(1)]).toEqual(reduce(events(a), knowsPhases).syncs[syncId(1)]);
          expect(state.syncs[syncId(2)]).toEqual(reduce(events(b), knowsPhases).syncs[syncId(2)]);
        },
      ),
      TRIED,
    );
  });

  test('whoever joins in the middle (a remount, a second tab, a reset) sees the same as who was there from the beginning', () => {
    const cut = history(ID).chain((list) => {
      const rest = fc.nat(list.length - 1).chain((from) => fc.tuple(fc.constant(from), scrambled(list.slice(from))));
      return fc.tuple(fc.constant(list), fc.nat(list.length - 1), rest, fc.boolean());
    });
    fc.assert(
      fc.property(cut, ([list, to, [from, replay], isReset]) => {
        const begin = reduce(events(list.slice(0, Math.max(1, from, to))), knowsPhases);
        const sync = begin.syncs[ID]!;
        if (isEnded(sync)) return;
        const join: SyncAction[] = [{ type: 'snapshot', snapshot: projectSnapshot(snapshotOf(sync)) }];
        // Somebody who knows more, less or nothing, and is told to begin anew or not.
        const before = reduce(events(list.slice(0, to)), knowsPhases);
        const reset: SyncAction[] = isReset ? [{ type: 'reset', notice: { reason: 'tooOld' } }] : [];
        const joined = reduce([...reset, ...join, ...events(replay)], before);
        expect(settled(joined)).toEqual(settled(reduce(events(list), knowsPhases)));
      }),
      TRIED,
    );
  });

  test('an end is final, numbers never fall, and nothing given is changed', () => {
    fc.assert(
      fc.property(
        history(ID).chain((list) => scrambled(list)),
        (jumbled) => {
          let state = knowsPhases;
          for (const action of events(jumbled)) {
            const before = structuredClone(state);
            const next = syncReducer(state, action);
            expect(state).toEqual(before);
            const [was, is] = [state.syncs[ID], next.syncs[ID]];
            if (was) expect(is!.seq).toBeGreaterThanOrEqual(was.seq);
            if (was && isEnded(was)) expect(is).toBe(was);
            state = next;
          }
        },
      ),
      TRIED,
    );
  });

  test('what is lost for good leaves a hole that is told, and bounds hold', () => {
    const list = numbered(ID, [queued(), ...Array.from({ length: 500 }, () => phasesRun()[1]!)]);
    const state = reduce(events(list.filter((event) => event.seq !== 2)));
    expect(hasHole(state)).toBe(true);
    expect(state.early[ID]).toHaveLength(256);
    const healed = syncReducer(state, {
      type: 'snapshot',
      snapshot: projectSnapshot({ ...snapshotOf(state.syncs[ID]!), seq: 501 }),
    });
    expect(hasHole(healed)).toBe(false);
  });
});
