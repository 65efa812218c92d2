import createFetch from 'openapi-fetch';
import { ProblemError, UnreachableError } from './problem.js';
import type { paths } from './schema.js';
import type {
  AuditQuery,
  BulkRequest,
  DeadBulkRequest,
  ListQuery,
  LogIn,
  NewApiToken,
  NewCredential,
  NewHook,
  NewMember,
  NewPolling,
  NewProject,
  NewSchedule,
  NewTenant,
  NewWebhook,
  PasswordChange,
  PauseRequest,
  QueryOf,
  ResumeRequest,
  Role,
  SetUp,
  StartRequest,
  TicketRequest,
  WebhookChange,
} from './types.js';

/** A bearer token, or how to get the one that holds now. */
export type Token = string | (() => string | undefined | Promise<string | undefined>);

/** How a page gets a ticket that opens a stream of events: from whoever holds a token. */
export type GetTicket = (of: TicketRequest) => string | Promise<string>;

export interface ClientOptions {
  /** Where the server is, without `/api`: `https://sync.example.com`; empty: where the page comes from. */
  baseUrl?: string;
  /** Sent as `Authorization: Bearer`. */
  token?: Token;
  /**
   * Asked before each connection of an event stream, which then sends the ticket instead of the token. Calls are as
   * without it.
   */
  getTicket?: GetTicket;
  /** Used instead of the global `fetch`. */
  fetch?: typeof fetch;
}

/** What every call may be told. */
export interface CallOptions {
  signal?: AbortSignal;
}

/** What calls that make something may be told. */
export interface WriteOptions extends CallOptions {
  /** The same request under the same key is served once. */
  idempotencyKey?: string;
}

export type Client = ReturnType<typeof createClient>;

/** The token that holds now. */
export async function currentToken(token: Token | undefined): Promise<string | undefined> {
  return typeof token === 'function' ? token() : token;
}

/** What openapi-fetch gives back. */
interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

async function answer<T>(call: Promise<Answer<T>>): Promise<T> {
  let result: Answer<T>;
  try {
    result = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new UnreachableError(error);
  }
  if (!result.response.ok) throw ProblemError.from(result.error, result.response);
  return result.data as T;
}

function keyed(options: WriteOptions) {
  return options.idempotencyKey === undefined ? {} : { 'Idempotency-Key': options.idempotencyKey };
}

/**
 * The API. Methods are named like its operations. They reject with a {@link ProblemError} if the server refuses, with an
 * {@link UnreachableError} if it does not answer, and with an `AbortError` if the caller gave up.
 */
export function createClient({ baseUrl = '', token, getTicket, fetch: fetcher }: ClientOptions = {}) {
  const base = baseUrl.replace(/\/+$/, '');
  // Looked up at each call: a page may replace the global one later.
  const http = createFetch<paths>({ baseUrl: base, fetch: (request) => (fetcher ?? globalThis.fetch)(request) });
  http.use({
    async onRequest({ request }) {
      const bearer = await currentToken(token);
      if (bearer) request.headers.set('Authorization', `Bearer ${bearer}`);
      return request;
    },
  });

  return {
    /** Where the server is. */
    baseUrl: base,
    /** The token that calls and event streams send. */
    token,
    /** How event streams get their tickets. */
    getTicket,

    /** Addresses of event streams. */
    events: {
      project: (projectId: string) => `${base}/api/v1/events/projects/${encodeURIComponent(projectId)}`,
      sync: (syncId: string) => `${base}/api/v1/events/project-sync/${encodeURIComponent(syncId)}`,
    },

    projects: {
      list: (query: QueryOf<'projects.list'> = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/projects', { params: { query }, signal })),
      create: (body: NewProject, options: WriteOptions = {}) =>
        answer(http.POST('/api/v1/projects', { params: { header: keyed(options) }, body, signal: options.signal })),
      get: (projectId: string, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/projects/{projectId}', { params: { path: { projectId } }, signal })),
      /** Forgets a project with all that is known of it; `confirm` is its name. */
      delete: (projectId: string, confirm: string, { signal }: CallOptions = {}) =>
        answer(
          http.DELETE('/api/v1/projects/{projectId}', { params: { path: { projectId }, query: { confirm } }, signal }),
        ),
      files: (projectId: string, query: QueryOf<'projects.files'> = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/projects/{projectId}/files', { params: { path: { projectId }, query }, signal })),
      memory: (projectId: string, query: QueryOf<'projects.memory'> = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/projects/{projectId}/memory', { params: { path: { projectId }, query }, signal })),

      sync: {
        branches: (projectId: string, query: QueryOf<'projects.sync.branches'> = {}, { signal }: CallOptions = {}) =>
          answer(
            http.GET('/api/v1/projects/{projectId}/sync/branches', { params: { path: { projectId }, query }, signal }),
          ),
        status: (projectId: string, query: QueryOf<'projects.sync.status'> = {}, { signal }: CallOptions = {}) =>
          answer(
            http.GET('/api/v1/projects/{projectId}/sync/status', { params: { path: { projectId }, query }, signal }),
          ),
        start: (projectId: string, body: StartRequest = {}, options: WriteOptions = {}) =>
          answer(
            http.POST('/api/v1/projects/{projectId}/sync', {
              params: { path: { projectId }, header: keyed(options) },
              body,
              signal: options.signal,
            }),
          ),
        history: (projectId: string, query: QueryOf<'projects.sync.history'> = {}, { signal }: CallOptions = {}) =>
          answer(
            http.GET('/api/v1/projects/{projectId}/sync/history', { params: { path: { projectId }, query }, signal }),
          ),
        /** Files and memory become what they were after the sync `syncId`. It is a sync of its own. */
        restoreMemory: (projectId: string, syncId: string, options: WriteOptions = {}) =>
          answer(
            http.POST('/api/v1/projects/{projectId}/sync/restore', {
              params: { path: { projectId }, header: keyed(options) },
              body: { syncId },
              signal: options.signal,
            }),
          ),
      },

      /** What reads the source where it is not open to all. It is never told, only that it is there. */
      credential: {
        get: (projectId: string, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/projects/{projectId}/credential', { params: { path: { projectId } }, signal })),
        set: (projectId: string, body: NewCredential) =>
          answer(http.PUT('/api/v1/projects/{projectId}/credential', { params: { path: { projectId } }, body })),
        remove: (projectId: string) =>
          answer(http.DELETE('/api/v1/projects/{projectId}/credential', { params: { path: { projectId } } })),
      },

      /** What the host sends here when something is pushed. */
      hook: {
        get: (projectId: string, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/projects/{projectId}/hook', { params: { path: { projectId } }, signal })),
        /** Takes the place of the one before. A secret that was made is in this answer alone. */
        set: (projectId: string, body: NewHook) =>
          answer(http.PUT('/api/v1/projects/{projectId}/hook', { params: { path: { projectId } }, body })),
        remove: (projectId: string) =>
          answer(http.DELETE('/api/v1/projects/{projectId}/hook', { params: { path: { projectId } } })),
        deliveries: (projectId: string, query: QueryOf<'projects.hook.deliveries'> = {}, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/projects/{projectId}/hook/deliveries', { params: { path: { projectId }, query }, signal })),
      },

      /** When syncs are asked for by the clock. */
      schedules: {
        list: (projectId: string, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/projects/{projectId}/schedules', { params: { path: { projectId } }, signal })),
        create: (projectId: string, body: NewSchedule, options: WriteOptions = {}) =>
          answer(
            http.POST('/api/v1/projects/{projectId}/schedules', {
              params: { path: { projectId }, header: keyed(options) },
              body,
              signal: options.signal,
            }),
          ),
        /** All of it: what is left out is as in a new one. */
        change: (projectId: string, id: string, body: NewSchedule) =>
          answer(http.PUT('/api/v1/projects/{projectId}/schedules/{id}', { params: { path: { projectId, id } }, body })),
        remove: (projectId: string, id: string) =>
          answer(http.DELETE('/api/v1/projects/{projectId}/schedules/{id}', { params: { path: { projectId, id } } })),
      },

      /** Looking at the host now and then. */
      polling: {
        get: (projectId: string, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/projects/{projectId}/polling', { params: { path: { projectId } }, signal })),
        set: (projectId: string, body: NewPolling) =>
          answer(http.PUT('/api/v1/projects/{projectId}/polling', { params: { path: { projectId } }, body })),
        remove: (projectId: string) =>
          answer(http.DELETE('/api/v1/projects/{projectId}/polling', { params: { path: { projectId } } })),
      },
    },

    syncs: {
      get: (syncId: string, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/syncs/{syncId}', { params: { path: { syncId } }, signal })),
      cancel: (syncId: string, { signal }: CallOptions = {}) =>
        answer(http.POST('/api/v1/syncs/{syncId}/cancel', { params: { path: { syncId } }, signal })),
      diff: (syncId: string, query: QueryOf<'syncs.diff'> = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/syncs/{syncId}/diff', { params: { path: { syncId }, query }, signal })),
    },

    /** Makes the first user, and logs in as it. */
    setUp: (body: SetUp) => answer(http.POST('/api/v1/setup', { body })),

    session: {
      /** Who asks, and what for: answered to everybody. */
      get: ({ signal }: CallOptions = {}) => answer(http.GET('/api/v1/session', { signal })),
      logIn: (body: LogIn) => answer(http.POST('/api/v1/session', { body })),
      logOut: () => answer(http.DELETE('/api/v1/session')),
      switchTenant: (tenantId: string) => answer(http.PUT('/api/v1/session', { body: { tenantId } })),
      changePassword: (body: PasswordChange) => answer(http.PUT('/api/v1/session/password', { body })),
    },

    tokens: {
      list: (query: ListQuery = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/tokens', { params: { query }, signal })),
      create: (body: NewApiToken) => answer(http.POST('/api/v1/tokens', { body })),
      revoke: (tokenId: string) => answer(http.DELETE('/api/v1/tokens/{tokenId}', { params: { path: { tokenId } } })),
    },

    members: {
      list: (query: ListQuery = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/members', { params: { query }, signal })),
      add: (body: NewMember) => answer(http.POST('/api/v1/members', { body })),
      change: (userId: string, role: Role) =>
        answer(http.PUT('/api/v1/members/{userId}', { params: { path: { userId } }, body: { role } })),
      remove: (userId: string) => answer(http.DELETE('/api/v1/members/{userId}', { params: { path: { userId } } })),
    },

    /** Where the tenant is told over HTTP what happened. */
    webhooks: {
      list: (query: QueryOf<'webhooks.list'> = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/webhooks', { params: { query }, signal })),
      /** The secret is in this answer alone. */
      create: (body: NewWebhook) => answer(http.POST('/api/v1/webhooks', { body })),
      get: (webhookId: string, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/webhooks/{webhookId}', { params: { path: { webhookId } }, signal })),
      /** What is left out stays. */
      update: (webhookId: string, body: WebhookChange) =>
        answer(http.PUT('/api/v1/webhooks/{webhookId}', { params: { path: { webhookId } }, body })),
      remove: (webhookId: string) =>
        answer(http.DELETE('/api/v1/webhooks/{webhookId}', { params: { path: { webhookId } } })),
      /** The secret is in this answer alone; the one before signs beside it for a while. */
      rotateSecret: (webhookId: string) =>
        answer(http.POST('/api/v1/webhooks/{webhookId}/rotate-secret', { params: { path: { webhookId } } })),
      /** Sends something that says nothing but that it is a test. */
      test: (webhookId: string) =>
        answer(http.POST('/api/v1/webhooks/{webhookId}/test', { params: { path: { webhookId } } })),
      deliveries: {
        list: (webhookId: string, query: QueryOf<'webhooks.deliveries.list'> = {}, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/webhooks/{webhookId}/deliveries', { params: { path: { webhookId }, query }, signal })),
        get: (webhookId: string, deliveryId: string, { signal }: CallOptions = {}) =>
          answer(
            http.GET('/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}', {
              params: { path: { webhookId, deliveryId } },
              signal,
            }),
          ),
        redeliver: (webhookId: string, deliveryId: string) =>
          answer(
            http.POST('/api/v1/webhooks/{webhookId}/deliveries/{deliveryId}/redeliver', {
              params: { path: { webhookId, deliveryId } },
            }),
          ),
      },
    },

    audit: {
      /** Who did what, the latest first. */
      list: (query: AuditQuery = {}, { signal }: CallOptions = {}) =>
        answer(http.GET('/api/v1/audit', { params: { query }, signal })),
    },

    streamTickets: {
      /** A ticket that opens one event stream, within a minute: `?ticket=` on its address. */
      create: (body: TicketRequest) => answer(http.POST('/api/v1/stream-tickets', { body })),
    },

    settings: {
      /** What the service runs with. What is secret only says whether it is set. */
      get: ({ signal }: CallOptions = {}) => answer(http.GET('/api/v1/settings', { signal })),
    },

    admin: {
      tenants: {
        list: (query: ListQuery = {}, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/admin/tenants', { params: { query }, signal })),
        create: (body: NewTenant) => answer(http.POST('/api/v1/admin/tenants', { body })),
      },
      doctor: ({ signal }: CallOptions = {}) => answer(http.GET('/api/v1/admin/doctor', { signal })),
      queue: {
        get: ({ signal }: CallOptions = {}) => answer(http.GET('/api/v1/admin/queue', { signal })),
        pause: (body: PauseRequest = {}) => answer(http.POST('/api/v1/admin/queue/pause', { body })),
        resume: (body: ResumeRequest = {}) => answer(http.POST('/api/v1/admin/queue/resume', { body })),
      },
      jobs: {
        list: (query: QueryOf<'admin.jobs.list'> = {}, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/admin/jobs', { params: { query }, signal })),
        get: (syncId: string, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/admin/jobs/{syncId}', { params: { path: { syncId } }, signal })),
        cancel: (syncId: string) =>
          answer(http.POST('/api/v1/admin/jobs/{syncId}/cancel', { params: { path: { syncId } } })),
        requeue: (syncId: string) =>
          answer(http.POST('/api/v1/admin/jobs/{syncId}/requeue', { params: { path: { syncId } } })),
        remove: (syncId: string) =>
          answer(http.DELETE('/api/v1/admin/jobs/{syncId}', { params: { path: { syncId } } })),
        cancelAll: (body: BulkRequest) => answer(http.POST('/api/v1/admin/jobs/cancel', { body })),
        requeueAll: (body: BulkRequest) => answer(http.POST('/api/v1/admin/jobs/requeue', { body })),
        removeAll: (body: BulkRequest) => answer(http.POST('/api/v1/admin/jobs/remove', { body })),
      },
      dead: {
        list: (query: QueryOf<'admin.dead.list'> = {}, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/admin/dead', { params: { query }, signal })),
        get: (id: string, { signal }: CallOptions = {}) =>
          answer(http.GET('/api/v1/admin/dead/{id}', { params: { path: { id } }, signal })),
        requeue: (id: string) => answer(http.POST('/api/v1/admin/dead/{id}/requeue', { params: { path: { id } } })),
        remove: (id: string) => answer(http.DELETE('/api/v1/admin/dead/{id}', { params: { path: { id } } })),
        requeueAll: (body: DeadBulkRequest) => answer(http.POST('/api/v1/admin/dead/requeue', { body })),
        purge: (body: DeadBulkRequest) => answer(http.POST('/api/v1/admin/dead/purge', { body })),
      },
    },
  };
}
