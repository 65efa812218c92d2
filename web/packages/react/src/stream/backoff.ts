export interface BackoffOptions {
  /** The wait after the first failure, in milliseconds, until the server's `retry:` says otherwise. */
  baseMs?: number;
  /** The longest wait between two tries, in milliseconds, unless the server asks for more. */
  maxMs?: number;
  /** A number from 0 up to 1. */
  random?: () => number;
}

const BASE_MS = 1_000;
const MAX_MS = 30_000;
/** A server cannot send its clients away for longer than this. */
const LONGEST_RETRY_MS = 10 * 60_000;

/** How long to wait before the next try: twice as long each time, and never at the same moment as all others. */
export class Backoff {
  readonly #maxMs: number;
  readonly #random: () => number;
  #baseMs: number;
  #failures = 0;

  constructor({ baseMs = BASE_MS, maxMs = MAX_MS, random = Math.random }: BackoffOptions = {}) {
    this.#baseMs = baseMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** The server's `retry:`. */
  setBase(ms: number): void {
    this.#baseMs = Math.min(ms, LONGEST_RETRY_MS);
  }

  /** A connection held: the next failure is a first one. */
  reset(): void {
    this.#failures = 0;
  }

  /** The next wait in milliseconds: never less than `atLeastMs` or the server's `retry:`, up to half as long again. */
  next(atLeastMs = 0): number {
    const grown = this.#baseMs * 2 ** Math.min(this.#failures, 16);
    this.#failures += 1;
    const wait = Math.max(Math.min(grown, Math.max(this.#maxMs, this.#baseMs)), Math.min(atLeastMs, LONGEST_RETRY_MS));
    return Math.round(wait * (1 + this.#random() / 2));
  }
}
