//! One file a table, in SeaORM's form. What may stand in them is said by the constraints in the migration.

pub mod api_token;
pub mod audit_record;
pub mod blob_content;
pub mod branch;
pub mod dead_job;
pub mod file_blob;
pub mod hook_delivery;
pub mod idempotency_key;
pub mod membership;
pub mod memory_content;
pub mod memory_entry;
pub mod poll;
pub mod project;
pub mod project_credential;
pub mod project_hook;
pub mod project_sync;
pub mod queue_pause;
pub mod repository;
pub mod repository_file;
pub mod repository_tree;
pub mod schedule;
pub mod session;
pub mod sync_event;
pub mod tenant;
pub mod user;
