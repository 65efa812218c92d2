//! Rows, ids, statuses and scoped queries.
//!
//! This crate knows nothing else of ours. Everything that reads or writes the database goes through it. Files,
//! directories and memory entries are temporal rows that can be read through one scope only: see [`temporal`].

pub mod blobs;
mod connect;
pub mod credentials;
pub mod deletion;
pub mod gc;
pub mod idempotency;
pub mod identity;
pub mod ids;
pub mod keys;
mod memory_kind;
pub mod object;
pub mod outbox;
pub mod projects;
pub mod queue;
mod role;
pub mod scope;
pub mod sealed;
mod secret;
pub mod source_spec;
pub mod sqlite_file;
pub mod status;
pub mod syncs;
mod tables;
pub mod temporal;
pub mod triggers;
pub mod webhooks;

pub use connect::{ConnectOptions, SQLITE_BUSY_TIMEOUT, connect, is_there, now_of};
pub use ids::{
    ApiTokenId, AuditId, BranchId, DeadJobId, DeliveryId, EventId, HookDeliveryId, PauseId, ProjectId,
    RepositoryId, ScheduleId, SessionId, SyncId, TenantId, UserId, WebhookId,
};
pub use memory_kind::MemoryKind;
pub use object::{ContentHash, FileKind, FileMode, ObjectId, PathHash};
pub use role::{OWNER_ROLE, RoleError, check_role};
pub use scope::{Database, OfSystem, OfTenant, Scope, Scoped, SystemDb, SystemTx, TenantDb, TenantTx};
pub use secret::Secret;
pub use source_spec::{SourceSpec, SourceSpecError};
pub use status::{ContentKind, DeliveryStatus, Priority, SyncKind, SyncStatus, SyncTrigger};
pub use syncs::{PhaseRecord, SyncCounts};
pub use tables::{
    api_token::Model as ApiToken, audit_record::Model as AuditRecord, blob_content::Model as BlobContent,
    branch::Model as Branch, dead_job::Model as DeadJob, hook_delivery::Model as HookDelivery,
    idempotency_key::Model as IdempotencyKey, outbox_event::Model as OutboxEvent, poll::Model as Poll,
    project::Model as Project, project_sync::Model as ProjectSync, queue_pause::Model as QueuePause,
    repository::Model as Repository, schedule::Model as Schedule, session::Model as Session,
    sync_event::Model as SyncEvent, tenant::Model as Tenant, user::Model as User, webhook::Model as Webhook,
    webhook_delivery::Model as WebhookDelivery,
};
