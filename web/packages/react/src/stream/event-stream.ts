import { currentToken, type Token } from '../api/client.js';
import { ProblemError } from '../api/problem.js';
import { Backoff, type BackoffOptions } from './backoff.js';
import { EventStreamParser, EventTooLongError, type StreamEvent } from './parser.js';
import { browserSurroundings, type Surroundings } from './surroundings.js';

/**
 * Where a connection stands: `idle` before the start, `waiting` for the next try, `paused` while nobody sees the page,
 * `ended` because the server has nothing more to tell, `failed` because trying again cannot help.
 */
export type Connection = 'idle' | 'connecting' | 'open' | 'waiting' | 'paused' | 'ended' | 'failed';

export interface ConnectionState {
  connection: Connection;
  /** While waiting: when the next try is, in milliseconds of `Date.now()`. */
  retryAt?: number;
  /** Once failed, or while waiting: why. */
  error?: Error;
}

export interface EventStreamOptions {
  onEvent: (event: StreamEvent) => void;
  onState?: (state: ConnectionState) => void;
  /** Go on after this event; from the beginning if absent. */
  lastEventId?: string;
  token?: Token;
  /** Asked before each connection: sent as `?ticket=`, and the token is not. */
  getTicket?: () => string | Promise<string>;
  /** Whether nothing follows this event: the stream is over and is not opened again. */
  isTerminal?: (event: StreamEvent) => boolean;
  /** Without a byte for so long the connection counts as dead; the server sends a comment every 20 s at least. */
  silenceMs?: number;
  /** A page that nobody sees for so long gives up its connection until it is shown. */
  hiddenMs?: number;
  /** A connection that held for so long was a good one: the next failure waits the shortest time again. */
  stableMs?: number;
  backoff?: BackoffOptions;
  fetch?: typeof fetch;
  surroundings?: Surroundings;
}

const SILENCE_MS = 45_000;
const HIDDEN_MS = 60_000;
const STABLE_MS = 5_000;
/** When the network came back, an open connection that was silent for so long is not believed any more. */
const SUSPECT_MS = 20_000;

/** What ends a try: whether to try again, and not before which time. */
type Outcome =
  | { kind: 'again'; error?: Error; atLeastMs?: number }
  | { kind: 'ended' }
  | { kind: 'failed'; error: Error };

/**
 * An `EventSource` that sends headers, tells how it is, notices silence, and lets go of the server while nobody looks.
 *
 * After {@link start} it keeps a connection until {@link close}, a terminal event, or an answer that is final.
 */
export class EventStream {
  readonly #url: string;
  readonly #options: EventStreamOptions;
  readonly #backoff: Backoff;
  readonly #surroundings: Surroundings;
  #state: ConnectionState = { connection: 'idle' };
  #lastEventId: string;
  /** Ends the try that is under way. A try whose controller is not this one any more has nothing to say. */
  #attempt: AbortController | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #hiddenTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;
  #lastByteAt = 0;
  /** The server does not want to be asked before this time (`Retry-After`). */
  #notBefore = 0;
  /** Whether the latest ticket was refused: it may have been too old. The one after it is not. */
  #isTicketRefused = false;
  #unwatch: (() => void) | undefined;

  constructor(url: string, options: EventStreamOptions) {
    this.#url = url;
    this.#options = options;
    this.#backoff = new Backoff(options.backoff);
    this.#surroundings = options.surroundings ?? browserSurroundings();
    this.#lastEventId = options.lastEventId ?? '';
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The id of the last event; empty before the first. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /** Connects. Does nothing if it was started already. */
  start(): void {
    if (this.#unwatch) return;
    this.#unwatch = this.#surroundings.watch((what) => (what === 'online' ? this.#cameOnline() : this.#looked()));
    if (!this.#surroundings.isVisible()) this.#hide();
    this.#connect();
  }

  /** Lets go of the server for good. No event comes after this. */
  close(): void {
    if (!this.#unwatch) return;
    this.#stop();
    this.#set({ connection: 'idle' });
  }

  /**
   * Connects anew at once, whatever the state is, after the last event; with `fresh` as if nothing had been received, so
   * that the server begins with a snapshot.
   */
  reconnect({ fresh = false } = {}): void {
    if (fresh) this.#lastEventId = '';
    this.#backoff.reset();
    if (!this.#unwatch) return this.start();
    this.#connect();
  }

  #set(state: ConnectionState): void {
    const before = this.#state;
    this.#state = state;
    const same =
      before.connection === state.connection && before.retryAt === state.retryAt && before.error === state.error;
    if (!same) this.#options.onState?.(state);
  }

  /** Ends everything that could still happen. */
  #stop(): void {
    this.#unwatch?.();
    this.#unwatch = undefined;
    clearTimeout(this.#hiddenTimer);
    this.#hiddenTimer = undefined;
    this.#drop();
  }

  /** Ends the try that is under way, and the wait for the next one. */
  #drop(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#retryTimer = this.#silenceTimer = undefined;
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.abort();
  }

  #connect(): void {
    this.#drop();
    const attempt = new AbortController();
    this.#attempt = attempt;
    this.#set({ connection: 'connecting' });
    const begun = Date.now();
    this.#heard();
    void this.#try(attempt)
      .catch((error: unknown) => afterError(error as Error))
      .then((outcome) => {
        // Closed, hidden or begun anew in the meantime.
        if (this.#attempt !== attempt) return;
        attempt.abort();
        this.#attempt = undefined;
        clearTimeout(this.#silenceTimer);
        if (Date.now() - begun >= (this.#options.stableMs ?? STABLE_MS)) this.#backoff.reset();
        this.#conclude(outcome);
      });
  }

  async #try(attempt: AbortController): Promise<Outcome> {
    const headers: Record<string, string> = { Accept: 'text/event-stream' };
    if (this.#lastEventId !== '') headers['Last-Event-ID'] = this.#lastEventId;
    const url = await this.#admission(headers);
    // Closed or begun anew while somebody was asked.
    if (this.#attempt !== attempt) return { kind: 'again' };
    const fetcher = this.#options.fetch ?? globalThis.fetch;
    const response = await fetcher(url, { headers, cache: 'no-store', signal: attempt.signal });
    const refusal = await judge(response);
    if (refusal) return this.#afterRefusal(refusal, response.status);
    if (this.#attempt !== attempt) return { kind: 'again' };
    this.#isTicketRefused = false;
    this.#set({ connection: 'open' });
    return this.#read(attempt, response.body);
  }

  /** Where to connect, with what lets in: a new ticket in the address, or the token in the headers. */
  async #admission(headers: Record<string, string>): Promise<string> {
    const { getTicket, token } = this.#options;
    if (getTicket) {
      const ticket = encodeURIComponent(await getTicket());
      return `${this.#url}${this.#url.includes('?') ? '&' : '?'}ticket=${ticket}`;
    }
    const bearer = await currentToken(token);
    if (bearer) headers['Authorization'] = `Bearer ${bearer}`;
    return this.#url;
  }

  /** A ticket lives so shortly that it may have ended on its way: one more is tried. */
  #afterRefusal(refusal: Outcome, status: number): Outcome {
    if (status !== 401 || !this.#options.getTicket || this.#isTicketRefused || refusal.kind !== 'failed') return refusal;
    this.#isTicketRefused = true;
    return { kind: 'again', error: refusal.error };
  }

  async #read(attempt: AbortController, body: ReadableStream<Uint8Array> | null): Promise<Outcome> {
    if (!body) return { kind: 'again' };
    let isOver = false;
    const parser = new EventStreamParser({
      lastEventId: this.#lastEventId,
      onRetry: (ms) => this.#backoff.setBase(ms),
      onEvent: (event) => {
        // What came in the same chunk after the terminal event, or after somebody closed, is nobody's any more.
        if (isOver || this.#attempt !== attempt) return;
        this.#lastEventId = event.id;
        isOver = this.#options.isTerminal?.(event) ?? false;
        this.#options.onEvent(event);
      },
    });
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (this.#attempt !== attempt) return { kind: 'again' };
      if (done) return { kind: 'again' };
      this.#heard();
      try {
        parser.push(value);
      } catch (error) {
        if (error instanceof EventTooLongError) return { kind: 'failed', error };
        throw error;
      }
      if (isOver) return { kind: 'ended' };
    }
  }

  #conclude(outcome: Outcome): void {
    if (outcome.kind === 'again') return this.#wait(outcome);
    this.#stop();
    this.#set(
      outcome.kind === 'ended' ? { connection: 'ended' } : { connection: 'failed', error: outcome.error },
    );
  }

  #wait({ error, atLeastMs }: { error?: Error; atLeastMs?: number }): void {
    const retryAt = Date.now() + this.#backoff.next(atLeastMs);
    this.#notBefore = atLeastMs === undefined ? 0 : retryAt;
    this.#waitUntil(retryAt, error);
  }

  #waitUntil(retryAt: number, error?: Error): void {
    this.#retryTimer = setTimeout(() => this.#connect(), Math.max(0, retryAt - Date.now()));
    this.#set({ connection: 'waiting', retryAt, error });
  }

  /** Something came from the server; from now on silence is counted anew. */
  #heard(): void {
    this.#lastByteAt = Date.now();
    // One timer for many bytes: it looks at the time when it fires, instead of being set again by each of them.
    this.#silenceTimer ??= this.#watchSilence(this.#options.silenceMs ?? SILENCE_MS);
  }

  #watchSilence(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#silenceTimer = undefined;
      if (!this.#attempt) return;
      const left = this.#lastByteAt + (this.#options.silenceMs ?? SILENCE_MS) - Date.now();
      if (left > 0) {
        this.#silenceTimer = this.#watchSilence(left);
        return;
      }
      this.#drop();
      this.#wait({ error: new Error('The server was silent for too long.') });
    }, ms);
  }

  #looked(): void {
    if (!this.#surroundings.isVisible()) return this.#hide();
    clearTimeout(this.#hiddenTimer);
    this.#hiddenTimer = undefined;
    const { connection } = this.#state;
    // Whoever looks at the page again does not want to wait for the next try.
    if (connection === 'paused' || connection === 'waiting') this.#hurry();
  }

  #hide(): void {
    if (this.#hiddenTimer !== undefined) return;
    this.#hiddenTimer = setTimeout(() => {
      this.#hiddenTimer = undefined;
      this.#drop();
      this.#set({ connection: 'paused' });
    }, this.#options.hiddenMs ?? HIDDEN_MS);
  }

  /** Tries now instead of later, unless the server itself named the time. */
  #hurry(): void {
    if (Date.now() < this.#notBefore) {
      // Paused before that time: wait for the rest of it.
      if (this.#state.connection === 'paused') this.#waitUntil(this.#notBefore);
      return;
    }
    this.#backoff.reset();
    this.#connect();
  }

  #cameOnline(): void {
    const { connection } = this.#state;
    const isSuspect = connection === 'open' && Date.now() - this.#lastByteAt >= SUSPECT_MS;
    if (connection === 'waiting' || isSuspect) this.#hurry();
  }
}

/** Reads the head of an answer; nothing if a stream follows. */
async function judge(response: Response): Promise<Outcome | undefined> {
  if (response.status === 204) return { kind: 'ended' };
  if (response.ok) {
    const type = response.headers.get('content-type') ?? '';
    if (/^text\/event-stream\b/i.test(type)) return undefined;
    return { kind: 'failed', error: new Error(`Not an event stream, but ${type || 'something without a type'}.`) };
  }
  return afterError(await ProblemError.of(response));
}

/** Whether to try again after an error: of the stream itself, or of a call for its ticket. */
function afterError(error: Error): Outcome {
  if (!(error instanceof ProblemError)) return { kind: 'again', error };
  const { status } = error;
  // What the client did wrong stays wrong, but for a timeout and a limit.
  if (status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429) {
    return { kind: 'failed', error };
  }
  return { kind: 'again', error, atLeastMs: error.retryAfterMs };
}
