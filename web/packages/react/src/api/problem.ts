import type { Problem } from './types.js';

const TYPE_PREFIX = 'urn:project-sync:problem:';

/** What the server answered instead of what was asked for (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** The problem's type: `urn:project-sync:problem:` and a stable word. */
  readonly type: string;
  /** The stable word alone, `branch-busy` for instance. */
  readonly code: string;
  /** The kind in words, the same for all problems of it. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What is wrong with this very request, in words. */
  readonly detail: string;
  /** The field that is wrong; parts are separated by dots. */
  readonly field: string | undefined;
  /** The trace of the request: to be named when asking for help. */
  readonly traceId: string | undefined;
  /** The sync that stands in the way. */
  readonly syncId: string | undefined;
  /** How long to wait before it is worth trying again, in milliseconds, if the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(problem: Problem, retryAfterMs?: number) {
    super(problem.detail);
    this.type = problem.type;
    this.code = problem.type.startsWith(TYPE_PREFIX) ? problem.type.slice(TYPE_PREFIX.length) : problem.type;
    this.title = problem.title;
    this.status = problem.status;
    this.detail = problem.detail;
    this.field = problem.field ?? undefined;
    this.traceId = problem.traceId ?? undefined;
    this.syncId = problem.syncId ?? undefined;
    this.retryAfterMs = retryAfterMs;
  }

  /** The problem that a response tells; a response that tells none (of a proxy, say) gives one of its status. */
  static async of(response: Response): Promise<ProblemError> {
    const text = await response.text().catch(() => '');
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch {
      body = undefined;
    }
    return ProblemError.from(body, response);
  }

  /** The problem of a response whose body was read already. */
  static from(body: unknown, response: Response): ProblemError {
    const retryAfterMs = retryAfter(response.headers.get('retry-after'), Date.now());
    if (isProblem(body)) return new ProblemError(body, retryAfterMs);
    const title = response.statusText || `Status ${response.status}`;
    const detail = `The server answered ${response.status} and did not say why.`;
    return new ProblemError({ type: 'about:blank', title, status: response.status, detail }, retryAfterMs);
  }
}

/** No answer came: the server is down, the network is, or the address is wrong. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(cause: unknown) {
    super('The server does not answer.', { cause });
  }
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false;
  const { type, title, status, detail } = body as Record<string, unknown>;
  return (
    typeof type === 'string' && typeof title === 'string' && typeof status === 'number' && typeof detail === 'string'
  );
}

/** What a `Retry-After` header asks for, in milliseconds from `now`: seconds or a date. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const text = header.trim();
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
