//! What is noted of a sync.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::tables::project_sync;

/// A finished phase, as `project_syncs.phases` keeps it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhaseRecord {
    /// The phase's name.
    pub phase: String,
    /// How long it took, in milliseconds, all its attempts together.
    pub duration_ms: i64,
    /// How often it was tried.
    pub attempts: u32,
}

/// What a sync changed and cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SyncCounts {
    /// Files that were not there before, renames not counted.
    pub added: i64,
    /// Files whose content, mode or kind changed.
    pub modified: i64,
    /// Files that are gone, renames not counted.
    pub deleted: i64,
    /// Files that went away in one place and came up in another with the same content.
    pub renamed: i64,
    /// Files that stayed as they were.
    pub unchanged: i64,
    /// Memory entries made.
    pub entries_created: i64,
    /// Memory entries superseded.
    pub entries_superseded: i64,
    /// Blobs whose content was read from the source.
    pub blobs_fetched: i64,
    /// Bytes received over the network.
    pub bytes_fetched: i64,
    /// HTTP requests sent.
    pub requests: i64,
    /// Warnings given.
    pub warnings: i64,
}

impl SyncCounts {
    /// All files that the state has after the sync.
    pub fn files(&self) -> i64 {
        self.added + self.modified + self.renamed + self.unchanged
    }
}

impl From<&project_sync::Model> for SyncCounts {
    fn from(sync: &project_sync::Model) -> Self {
        Self {
            added: sync.files_added,
            modified: sync.files_modified,
            deleted: sync.files_deleted,
            renamed: sync.files_renamed,
            unchanged: sync.files_unchanged,
            entries_created: sync.entries_created,
            entries_superseded: sync.entries_superseded,
            blobs_fetched: sync.blobs_fetched,
            bytes_fetched: sync.bytes_fetched,
            requests: sync.requests_made,
            warnings: sync.warnings,
        }
    }
}
