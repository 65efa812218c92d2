//! Syncs: the history.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{BranchId, ProjectId, SyncId, TenantId},
    object::ObjectId,
    status::{Priority, SyncKind, SyncStatus, SyncTrigger},
};

/// One sync of one branch.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "project_syncs")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SyncId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The branch.
    pub branch_id: BranchId,
    /// The project that the branch belongs to.
    pub project_id: ProjectId,
    /// Its number among all syncs of the project, counted from 1 in the order in which they became visible. Removed
    /// syncs leave holes.
    pub ordinal: i64,
    /// What it does.
    pub kind: SyncKind,
    /// Who asked for it.
    pub trigger: SyncTrigger,
    /// Whether everything is compared and derived anew, whatever is known.
    pub forced: bool,
    /// The number of the sync that a restore goes back to.
    pub restore_seq: Option<i64>,
    /// Where it stands.
    pub status: SyncStatus,
    /// Its number on the branch, counted from 1; completed syncs only.
    pub seq: Option<i64>,
    /// The completed sync that it followed.
    pub previous_sync_id: Option<SyncId>,
    /// The commit whose tree the rows show.
    pub commit_id: Option<ObjectId>,
    /// That commit's root tree: what the proof must come to.
    pub tree_id: Option<ObjectId>,
    /// When it was committed.
    pub committed_at: Option<DateTimeUtc>,
    /// The first line of its message.
    pub commit_summary: Option<String>,
    /// The rules that the memory was derived by.
    pub rules_digest: Option<String>,
    /// The worker that claimed it last.
    pub worker: Option<String>,
    /// Until when the claim holds without a heartbeat.
    pub lease_until: Option<DateTimeUtc>,
    /// Grows with each claim; writes under an older one are refused.
    pub fencing_token: i64,
    /// Whether someone asked for its end.
    pub cancel_requested: bool,
    /// The phase that runs, or ran last.
    pub phase: Option<String>,
    /// The finished phases: a list of [`PhaseRecord`](crate::PhaseRecord) as JSON.
    pub phases: Json,
    /// Files that were not there before, renames not counted.
    pub files_added: i64,
    /// Files whose content, mode or kind changed.
    pub files_modified: i64,
    /// Files that are gone, renames not counted.
    pub files_deleted: i64,
    /// Files that went away in one place and came up in another with the same content.
    pub files_renamed: i64,
    /// Files that stayed as they were.
    pub files_unchanged: i64,
    /// Memory entries that this sync made.
    pub entries_created: i64,
    /// Memory entries that this sync superseded.
    pub entries_superseded: i64,
    /// Blobs whose content was read from the source.
    pub blobs_fetched: i64,
    /// Bytes received over the network.
    pub bytes_fetched: i64,
    /// HTTP requests sent.
    pub requests_made: i64,
    /// Warnings given.
    pub warnings: i64,
    /// A stable word for the error that ended it.
    pub error_code: Option<String>,
    /// That error in words for the user.
    pub error_message: Option<String>,
    /// Which waits first: see [`Priority`].
    pub priority: Priority,
    /// Until when it waits before it is begun (again).
    pub run_after: Option<DateTimeUtc>,
    /// How often a worker began it, not counting orderly hand-overs.
    pub attempts: i32,
    /// The W3C trace context of the request that asked for it.
    pub trace_parent: Option<String>,
    /// When it was asked for.
    pub created_at: DateTimeUtc,
    /// When a worker first began it.
    pub started_at: Option<DateTimeUtc>,
    /// When it ended.
    pub finished_at: Option<DateTimeUtc>,
}

/// Joins are written out where they are needed.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
