import { useCallback, useEffect, useRef, useState } from 'react';
import { currentToken } from '../api/client.js';
import { EventStream, type ConnectionState, type EventStreamOptions } from './event-stream.js';

export interface UseSSEOptions extends Omit<EventStreamOptions, 'onState'> {
  /** Without this there is no connection. */
  enabled?: boolean;
}

export interface SSE extends ConnectionState {
  /** Connects anew at once; with `fresh` so that the server begins with a snapshot. */
  reconnect: (options?: { fresh?: boolean }) => void;
}

const IDLE: ConnectionState = { connection: 'idle' };

/**
 * Follows an event stream for as long as the component is there. Only another `url`, another token (if it is a string),
 * tickets instead of tokens, or `enabled` begin a new stream; the other options are those of the render in which it began, and `onEvent` is always
 * the latest one.
 */
export function useSSE(url: string, options: UseSSEOptions): SSE {
  const { enabled = true, token } = options;
  const [state, setState] = useState<ConnectionState>(IDLE);
  const stream = useRef<EventStream | undefined>(undefined);
  const latest = useRef(options);
  useEffect(() => {
    latest.current = options;
  });

  const tokenText = typeof token === 'string' ? token : undefined;
  const hasTickets = options.getTicket !== undefined;
  useEffect(() => {
    if (!enabled) return;
    const { enabled: _, ...given } = latest.current;
    const opened = new EventStream(url, {
      ...given,
      token: () => currentToken(latest.current.token),
      getTicket: hasTickets ? () => latest.current.getTicket?.() ?? '' : undefined,
      onEvent: (event) => latest.current.onEvent(event),
      onState: setState,
    });
    stream.current = opened;
    opened.start();
    return () => {
      stream.current = undefined;
      opened.close();
    };
    // A function that is new in each render is no new token.
  }, [url, enabled, tokenText, hasTickets]);

  const reconnect = useCallback((how?: { fresh?: boolean }) => stream.current?.reconnect(how), []);
  return { ...(enabled ? state : IDLE), reconnect };
}
