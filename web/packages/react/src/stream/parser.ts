/** One event of a stream, as the server sent it. */
export interface StreamEvent {
  /** `message` if the server named none. */
  type: string;
  data: string;
  /** The id that holds after it: its own, or the last one before it. Empty if there was none. */
  id: string;
}

export interface ParserOptions {
  onEvent: (event: StreamEvent) => void;
  /** The server said how long to wait before the next connection, in milliseconds. */
  onRetry?: (ms: number) => void;
  /** The id that holds before the first event. */
  lastEventId?: string;
  /** The most characters that one line, or the data of one event, may have. */
  maxEventChars?: number;
}

/** A line or an event is longer than anything that our server sends. */
export class EventTooLongError extends Error {
  override readonly name = 'EventTooLongError';

  constructor(limit: number) {
    super(`The server sent an event of more than ${limit} characters.`);
  }
}

/** Far above a snapshot of a project with hundreds of syncs. */
const MAX_EVENT_CHARS = 8 * 1024 * 1024;

/**
 * Reads `text/event-stream` as the HTML standard defines it, from chunks that may be cut anywhere: inside a character,
 * between CR and LF, inside the byte order mark.
 */
export class EventStreamParser {
  readonly #options: ParserOptions;
  readonly #limit: number;
  // A decoder in its default form drops one byte order mark at the beginning, and keeps the bytes of a character that
  // is not whole yet.
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come yet. */
  #rest = '';
  /** The last chunk ended with CR: an LF at the beginning of the next one belongs to it. */
  #afterCr = false;
  #type = '';
  #data: string[] = [];
  #dataChars = 0;
  #pendingId: string;
  #lastEventId: string;

  constructor(options: ParserOptions) {
    this.#options = options;
    this.#limit = options.maxEventChars ?? MAX_EVENT_CHARS;
    this.#lastEventId = this.#pendingId = options.lastEventId ?? '';
  }

  /** The id of the last event that was passed on: to be sent as `Last-Event-ID` with the next connection. */
  get lastEventId(): string {
    return this.#lastEventId;
  }

  /**
   * Reads on. What is not a whole event when the stream ends is forgotten, as the standard wants it.
   *
   * @throws EventTooLongError
   */
  push(chunk: Uint8Array): void {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return;
    if (this.#afterCr) {
      this.#afterCr = false;
      if (text.startsWith('\n')) text = text.slice(1);
    }
    const end = /\r\n|\r|\n/g;
    let begin = 0;
    for (let match = end.exec(text); match !== null; match = end.exec(text)) {
      this.#line(this.#rest + text.slice(begin, match.index));
      this.#rest = '';
      begin = end.lastIndex;
      if (match[0] === '\r' && begin === text.length) this.#afterCr = true;
    }
    this.#rest += text.slice(begin);
    if (this.#rest.length > this.#limit) throw new EventTooLongError(this.#limit);
  }

  #line(line: string): void {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    // A comment: it tells only that the server is there.
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const from = colon < 0 ? line.length : line[colon + 1] === ' ' ? colon + 2 : colon + 1;
    this.#field(field, line.slice(from));
  }

  #field(field: string, value: string): void {
    switch (field) {
      case 'event':
        this.#type = value;
        break;
      case 'data':
        this.#dataChars += value.length + 1;
        if (this.#dataChars > this.#limit) throw new EventTooLongError(this.#limit);
        this.#data.push(value);
        break;
      case 'id':
        if (!value.includes('\0')) this.#pendingId = value;
        break;
      case 'retry':
        if (/^\d+$/.test(value)) this.#options.onRetry?.(Number(value));
        break;
    }
  }

  #dispatch(): void {
    this.#lastEventId = this.#pendingId;
    const [type, data] = [this.#type || 'message', this.#data];
    this.#type = '';
    this.#data = [];
    this.#dataChars = 0;
    if (data.length > 0) this.#options.onEvent({ type, data: data.join('\n'), id: this.#lastEventId });
  }
}
