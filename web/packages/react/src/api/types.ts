// Names for what the API answers, so that nobody has to spell `components['schemas'][…]`.
import type { components, operations } from './schema.js';

type Schemas = components['schemas'];

export type ApiToken = Schemas['Token'];
export type AuditEntry = Schemas['AuditRecord'];
export type Branch = Schemas['Branch'];
export type Branches = Schemas['Branches'];
export type Bulk = Schemas['Bulk'];
export type BulkRequest = Schemas['BulkRequest'];
export type Credential = Schemas['Credential'];
export type DeadBulkRequest = Schemas['DeadBulkRequest'];
export type DeadJob = Schemas['DeadJob'];
export type DeadJobPage = Schemas['DeadJobPage'];
export type Diff = Schemas['Diff'];
export type Doctor = Schemas['Doctor'];
export type FileChange = Schemas['FileChange'];
export type FileEntry = Schemas['File'];
export type FilePage = Schemas['FilePage'];
export type Job = Schemas['Job'];
export type JobDetail = Schemas['JobDetail'];
export type JobPage = Schemas['JobPage'];
/** What a project's host sends when something is pushed. */
export type Hook = Schemas['Hook'];
export type HookDelivery = Schemas['HookDelivery'];
export type HookKind = Schemas['HookKind'];
/** A hook that was just set: a `secret` that was made is told this once. */
export type IssuedHook = Schemas['IssuedHook'];
/** A webhook that was just made or given another secret: `secret` is told this once. */
export type IssuedWebhook = Schemas['IssuedWebhook'];
export type LogIn = Schemas['Login'];
/** A token that was just made: `token` is told this once. */
export type MadeApiToken = Schemas['IssuedToken'];
export type Member = Schemas['Member'];
/** A tenant that somebody may look at. */
export type Membership = Schemas['SessionTenant'];
export type MemoryChange = Schemas['MemoryChange'];
export type MemoryEntry = Schemas['MemoryEntry'];
export type MemoryKind = Schemas['MemoryKind'];
export type MemoryPage = Schemas['MemoryEntryPage'];
export type NewApiToken = Schemas['NewToken'];
export type NewCredential = Schemas['NewCredential'];
export type NewHook = Schemas['NewHook'];
export type NewMember = Schemas['NewMember'];
export type NewPolling = Schemas['NewPolling'];
export type NewProject = Schemas['NewProject'];
export type NewSchedule = Schemas['NewSchedule'];
export type NewTenant = Schemas['NewTenant'];
export type NewWebhook = Schemas['NewWebhook'];
export type PasswordChange = Schemas['PasswordChange'];
export type PauseRequest = Schemas['PauseRequest'];
export type Polling = Schemas['Polling'];
export type Principal = Schemas['Principal'];
export type Problem = Schemas['Problem'];
export type Project = Schemas['Project'];
export type ProjectDetail = Schemas['ProjectDetail'];
export type ProjectPage = Schemas['ProjectPage'];
export type Queue = Schemas['Queue'];
export type ResumeRequest = Schemas['ResumeRequest'];
export type Right = Schemas['Right'];
export type Role = Schemas['Role'];
export type Schedule = Schemas['Schedule'];
export type Session = Schemas['Session'];
export type Settings = Schemas['Settings'];
export type SetUp = Schemas['SetUp'];
export type Source = Schemas['Source'];
export type StartRequest = Schemas['StartRequest'];
export type Started = Schemas['Started'];
export type StreamTicket = Schemas['StreamTicket'];
export type Sync = Schemas['Sync'];
export type SyncCounts = Schemas['SyncCounts'];
export type SyncError = Schemas['SyncError'];
export type SyncKind = Schemas['SyncKind'];
export type SyncPage = Schemas['SyncPage'];
export type SyncStatus = Schemas['SyncStatus'];
export type SyncTrigger = Schemas['SyncTrigger'];
export type Status = Schemas['Status'];
export type Tenant = Schemas['Tenant'];
export type Toggled = Schemas['Toggled'];
export type Webhook = Schemas['Webhook'];
export type WebhookChange = Schemas['WebhookChange'];
export type WebhookDelivery = Schemas['WebhookDelivery'];
export type WebhookDeliveryStatus = WebhookDelivery['status'];

/** What a token may be given: `operate` is `operator` there. */
export type Scope = Exclude<Right, 'operate'>;

/** What a ticket is to open: the events of a project, or those of one sync. */
export type TicketRequest = { projectId: string } | { syncId: string };

/** A page of a list; `next` or `nextCursor` begins the one after it. */
export interface ListPage<T> {
  items: T[];
  next?: string | null;
  nextCursor?: string | null;
}

/** What a list may be asked for: the query of the operation. */
export type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;

export type AuditQuery = QueryOf<'audit.list'>;
/** What the lists of tokens, members and tenants may be asked for. */
export type ListQuery = QueryOf<'tokens.list' | 'members.list' | 'admin.tenants.list'>;
