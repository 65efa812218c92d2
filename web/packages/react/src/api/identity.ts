// Who may do what: the types of these routes as the API answers them, in the shape of the generated ones.

/** What somebody may do: `operate` goes across tenants, the others are of one. */
export type Right = 'read' | 'sync' | 'admin' | 'operate';
export type Role = 'owner' | 'member' | 'viewer';
export type Scope = 'read' | 'sync' | 'admin';

export interface Tenant {
  id: string;
  name: string;
}

/** A tenant that somebody may look at. */
export interface Membership extends Tenant {
  role: Role | null;
}

export interface Principal {
  /** `local`: whoever reaches a server that is open to its own machine. */
  kind: 'local' | 'user' | 'token';
  id: string | null;
  name: string;
  tenant: Tenant;
  role: Role | null;
  rights: Right[];
  /** The only project that it may see. */
  projectId: string | null;
}

export interface Session {
  access: 'open' | 'identity';
  /** Whether there is a user; if not, the first one is to be made. */
  setUp: boolean;
  /** Who asks; null if that is not known. */
  principal: Principal | null;
  tenants: Membership[];
}

export interface LogIn {
  name: string;
  password: string;
  tenantId?: string;
}

export interface SetUp {
  name: string;
  password: string;
}

export interface PasswordChange {
  current: string;
  new: string;
}

export interface ApiToken {
  id: string;
  name: string;
  /** How it begins and ends, to know it again. */
  hint: string;
  scopes: Scope[];
  operator: boolean;
  projectId: string | null;
  createdBy: string | null;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

export interface NewApiToken {
  name: string;
  scopes: Scope[];
  projectId?: string;
  expiresAt?: string;
  operator?: boolean;
}

/** A token that was just made: `token` is told this once. */
export interface MadeApiToken extends ApiToken {
  token: string;
}

export interface Member {
  userId: string;
  name: string;
  role: Role;
  createdAt: string;
  disabled: boolean;
}

export interface NewMember {
  name: string;
  role: Role;
  /** For somebody who has no login yet. */
  password?: string;
}

export interface AuditEntry {
  id: string;
  at: string;
  actor: { kind: string; id: string | null; name: string };
  address: string | null;
  action: string;
  target: { kind: string; id: string } | null;
  detail: Record<string, unknown>;
}

export interface Credential {
  kind: 'token' | 'githubApp';
  /** What tells it from others without telling it. */
  hint: string;
  updatedAt: string;
}

export type NewCredential =
  | { kind: 'token'; token: string }
  | { kind: 'githubApp'; appId: string; installationId: string; privateKey: string };

/** What a ticket is to open: the events of a project, or those of one sync. */
export type TicketRequest = { projectId: string } | { syncId: string };

export interface StreamTicket {
  ticket: string;
  expiresAt: string;
}

export interface NewTenant {
  name: string;
  /** Who owns it; with a password if somebody new. */
  owner: { name: string; password?: string };
}

/** A page of a list; `next` begins the one after it. */
export interface ListPage<T> {
  items: T[];
  next: string | null;
}

export interface ListQuery {
  cursor?: string;
  limit?: number;
}

export interface AuditQuery extends ListQuery {
  action?: string;
}

/** What a part of a request must be; without a type it may not be there. */
type Part<Name extends string, T> = [T] extends [undefined] ? { [N in Name]?: never } : { [N in Name]: T };

type Operation<Answer, Body = undefined, Path = undefined, Query = undefined> = {
  parameters: { query?: Query extends undefined ? never : Query; header?: never; cookie?: never } & Part<'path', Path>;
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Answer } } };
} & ([Body] extends [undefined] ? { requestBody?: never } : { requestBody: { content: { 'application/json': Body } } });

type Nothing = undefined;

export interface IdentityPaths {
  '/api/v1/session': {
    get: Operation<Session>;
    post: Operation<Session, LogIn>;
    put: Operation<Session, { tenantId: string }>;
    delete: Operation<Nothing>;
  };
  '/api/v1/session/password': { put: Operation<Nothing, PasswordChange> };
  '/api/v1/setup': { post: Operation<Session, SetUp> };
  '/api/v1/tokens': {
    get: Operation<ListPage<ApiToken>, undefined, undefined, ListQuery>;
    post: Operation<MadeApiToken, NewApiToken>;
  };
  '/api/v1/tokens/{tokenId}': { delete: Operation<Nothing, undefined, { tokenId: string }> };
  '/api/v1/members': {
    get: Operation<ListPage<Member>, undefined, undefined, ListQuery>;
    post: Operation<Member, NewMember>;
  };
  '/api/v1/members/{userId}': {
    put: Operation<Member, { role: Role }, { userId: string }>;
    delete: Operation<Nothing, undefined, { userId: string }>;
  };
  '/api/v1/audit': { get: Operation<ListPage<AuditEntry>, undefined, undefined, AuditQuery> };
  '/api/v1/projects/{projectId}/credential': {
    get: Operation<Credential, undefined, { projectId: string }>;
    put: Operation<Credential, NewCredential, { projectId: string }>;
    delete: Operation<Nothing, undefined, { projectId: string }>;
  };
  '/api/v1/admin/tenants': {
    get: Operation<ListPage<Tenant>, undefined, undefined, ListQuery>;
    post: Operation<Tenant, NewTenant>;
  };
  '/api/v1/stream-tickets': { post: Operation<StreamTicket, TicketRequest> };
}
