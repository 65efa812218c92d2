//! Syncs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entities::{
    BranchId, ObjectId, PhaseRecord, ProjectId, ProjectSync, SyncCounts, SyncId, projects::BranchPlace,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::words::{Priority, SyncKind, SyncStatus, SyncTrigger};

/// A sync.
#[derive(Serialize, ToSchema, Clone, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Sync)]
pub struct SyncDto {
    /// Its id.
    #[schema(value_type = Uuid)]
    pub id: SyncId,
    /// The project that it belongs to.
    #[schema(value_type = Uuid)]
    pub project_id: ProjectId,
    /// The branch's name.
    pub branch: String,
    /// Its number on the branch, counted from 1; completed syncs only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Whether the state that it left is not kept any more.
    pub forgotten: bool,
    /// What it does.
    pub kind: SyncKind,
    /// Where it stands.
    pub status: SyncStatus,
    /// Who asked for it.
    pub trigger: SyncTrigger,
    /// Whether everything is compared and derived anew, whatever is known.
    pub forced: bool,
    /// The number of the sync that a restore goes back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore_of: Option<i64>,
    /// How often a worker began it, not counting orderly hand-overs.
    pub attempts: i32,
    /// Which waits first.
    pub priority: Priority,
    /// Until when it waits before it is begun (again).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_after: Option<DateTime<Utc>>,
    /// The phase that runs, or ran last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<String>,
    /// The finished phases, once the sync has ended.
    pub phases: Vec<PhaseDto>,
    /// What it changed and cost, once it has ended.
    pub counts: SyncCountsDto,
    /// The commit whose tree the rows show.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub commit: Option<ObjectId>,
    /// That commit's root tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub tree: Option<ObjectId>,
    /// When it was committed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub committed_at: Option<DateTime<Utc>>,
    /// The first line of its message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// The completed sync that it followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>)]
    pub previous_sync_id: Option<SyncId>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<SyncErrorDto>,
    /// Whether someone asked for its end.
    pub cancel_requested: bool,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When a worker first began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// From its beginning to its end, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<i64>,
}

/// A finished phase.
#[derive(Serialize, ToSchema, Clone, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Phase)]
pub struct PhaseDto {
    /// The phase's name.
    pub phase: String,
    /// How long it took, in milliseconds, all its attempts together.
    pub duration_ms: i64,
    /// How often it was tried.
    pub attempts: u32,
}

/// Why a sync failed.
#[derive(Serialize, ToSchema, Clone, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncError)]
pub struct SyncErrorDto {
    /// A stable word for the kind of error.
    pub code: String,
    /// In words for the user.
    pub message: String,
}

/// What a sync changed and cost.
#[derive(Serialize, ToSchema, Clone, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = SyncCounts)]
pub struct SyncCountsDto {
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

impl From<SyncCounts> for SyncCountsDto {
    fn from(counts: SyncCounts) -> Self {
        Self {
            added: counts.added,
            modified: counts.modified,
            deleted: counts.deleted,
            renamed: counts.renamed,
            unchanged: counts.unchanged,
            entries_created: counts.entries_created,
            entries_superseded: counts.entries_superseded,
            blobs_fetched: counts.blobs_fetched,
            bytes_fetched: counts.bytes_fetched,
            requests: counts.requests,
            warnings: counts.warnings,
        }
    }
}

impl From<PhaseRecord> for PhaseDto {
    fn from(record: PhaseRecord) -> Self {
        Self { phase: record.phase, duration_ms: record.duration_ms, attempts: record.attempts }
    }
}

impl SyncDto {
    /// A row as it is answered. A branch that went away a moment ago has no name any more.
    pub fn new(sync: &ProjectSync, places: &HashMap<BranchId, BranchPlace>) -> Self {
        let place = places.get(&sync.branch_id);
        // A list of another form is of a newer version of this program: the rest still holds.
        let phases: Vec<PhaseRecord> = serde_json::from_value(sync.phases.clone()).unwrap_or_default();
        let error = sync
            .error_code
            .clone()
            .map(|code| SyncErrorDto { code, message: sync.error_message.clone().unwrap_or_default() });
        let took = sync.finished_at.zip(sync.started_at).map(|(end, start)| end - start);
        Self {
            id: sync.id,
            project_id: place.map_or(ProjectId(Uuid::nil()), |place| place.project_id),
            branch: place.map(|place| place.branch.clone()).unwrap_or_default(),
            number: sync.seq,
            forgotten: place.is_some_and(|place| place.has_forgotten(sync)),
            kind: sync.kind.into(),
            status: sync.status.into(),
            trigger: sync.trigger.into(),
            forced: sync.forced,
            restore_of: sync.restore_seq,
            attempts: sync.attempts,
            priority: sync.priority.into(),
            run_after: sync.run_after,
            phase: sync.phase.clone(),
            phases: phases.into_iter().map(Into::into).collect(),
            counts: SyncCounts::from(sync).into(),
            commit: sync.commit_id,
            tree: sync.tree_id,
            committed_at: sync.committed_at,
            summary: sync.commit_summary.clone(),
            previous_sync_id: sync.previous_sync_id,
            error,
            cancel_requested: sync.cancel_requested,
            created_at: sync.created_at,
            started_at: sync.started_at,
            finished_at: sync.finished_at,
            duration_ms: took.map(|took| took.num_milliseconds()),
        }
    }
}

/// What to sync.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StartRequest {
    /// The branch; the default one if absent.
    pub branch: Option<String>,
    /// Compare and derive everything anew, whatever is known.
    #[serde(default)]
    pub force: bool,
    /// While one runs, let one more follow it, because the branch may have moved since. However often that is asked,
    /// one follows.
    #[serde(default)]
    pub queue_next: bool,
}

/// Where to go back to.
#[derive(Deserialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RestoreRequest {
    /// A completed sync of the project: its branch becomes what it was after it.
    #[schema(value_type = Uuid)]
    pub sync_id: SyncId,
}

/// The sync that answers a request for one.
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Started)]
pub struct StartedDto {
    /// The sync.
    pub sync: SyncDto,
    /// Whether the request made it; otherwise it was there already.
    pub is_new: bool,
    /// Where its events can be followed.
    #[schema(example = "/api/v1/events/project-sync/0190d3f0-0000-7000-8000-000000000001")]
    pub events_url: String,
}
