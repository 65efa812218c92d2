// Names for what event streams tell, and what the client has to know of it while it runs.
import type { components } from './api/schema.js';

type Schemas = components['schemas'];

/** What the stream of one sync tells: the fields of a server-sent event. */
export type SyncMessage = Schemas['SyncMessage'];
/** What the stream of a project tells: the fields of a server-sent event. */
export type ProjectMessage = Schemas['ProjectMessage'];
/** One step of one sync. */
export type ProgressEvent = Schemas['ProgressEvent'];
export type PhaseSnapshot = Schemas['PhaseSnapshot'];
export type SyncSnapshot = Schemas['SyncSnapshot'];
export type ProjectSnapshot = Schemas['ProjectSnapshot'];
export type Reset = Schemas['Reset'];
export type EventName = Schemas['EventName'];
export type Unit = Schemas['Unit'];

/** The events of one kind. */
export type EventOf<Name extends EventName> = Extract<ProgressEvent, { type: Name }>;

// A record, so that a name that the API gains or loses does not pass unseen.
const EVENT_NAMES: Record<EventName, true> = {
  queued: true,
  phaseStarted: true,
  phaseProgress: true,
  phaseCompleted: true,
  warning: true,
  interrupted: true,
  completed: true,
  failed: true,
  cancelled: true,
};

/** Whether this is the name of an event of a sync. Unknown names are of a newer server and pass unread. */
export function isEventName(name: string): name is EventName {
  return Object.hasOwn(EVENT_NAMES, name);
}

/** Whether an event of this name is the last one of its sync. */
export function isTerminal(name: string): boolean {
  return name === 'completed' || name === 'failed' || name === 'cancelled';
}
