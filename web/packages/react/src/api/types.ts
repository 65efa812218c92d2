// Names for what the API answers, so that nobody has to spell `components['schemas'][…]`.
import type { components, operations } from './schema.js';

type Schemas = components['schemas'];

export type Branch = Schemas['Branch'];
export type Branches = Schemas['Branches'];
export type Bulk = Schemas['Bulk'];
export type BulkRequest = Schemas['BulkRequest'];
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
export type MemoryChange = Schemas['MemoryChange'];
export type MemoryEntry = Schemas['MemoryEntry'];
export type MemoryKind = Schemas['MemoryKind'];
export type MemoryPage = Schemas['MemoryEntryPage'];
export type NewProject = Schemas['NewProject'];
export type PauseRequest = Schemas['PauseRequest'];
export type Problem = Schemas['Problem'];
export type Project = Schemas['Project'];
export type ProjectDetail = Schemas['ProjectDetail'];
export type ProjectPage = Schemas['ProjectPage'];
export type Queue = Schemas['Queue'];
export type ResumeRequest = Schemas['ResumeRequest'];
export type Settings = Schemas['Settings'];
export type Source = Schemas['Source'];
export type StartRequest = Schemas['StartRequest'];
export type Started = Schemas['Started'];
export type Sync = Schemas['Sync'];
export type SyncCounts = Schemas['SyncCounts'];
export type SyncError = Schemas['SyncError'];
export type SyncKind = Schemas['SyncKind'];
export type SyncPage = Schemas['SyncPage'];
export type SyncStatus = Schemas['SyncStatus'];
export type SyncTrigger = Schemas['SyncTrigger'];
export type Status = Schemas['Status'];
export type Toggled = Schemas['Toggled'];

/** What a list may be asked for: the query of the operation. */
export type QueryOf<Name extends keyof operations> = NonNullable<operations[Name]['parameters']['query']>;
