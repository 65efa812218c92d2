//! The life of a sync: asked for, claimed, kept alive, ended. Each step is one statement whose condition is the guard, so
//! that whoever comes late changes nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult,
    QueryFilter, QueryOrder, QuerySelect, Set, SqlErr, Statement,
    sea_query::{Expr, ExprTrait, Func},
};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{BranchId, SyncId},
    object::ObjectId,
    status::{SyncKind, SyncStatus, SyncTrigger},
    tables::{branch, project_sync, sync_event},
};

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
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
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

/// What to ask for when a sync is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewSync {
    /// Who asks.
    pub trigger: SyncTrigger,
    /// Compare and derive everything anew.
    pub forced: bool,
    /// Go back to the sync of this number instead of following the branch.
    pub restore_seq: Option<i64>,
}

/// Makes a pending sync of a branch, or finds the one that is pending already. Tells whether it is new.
pub async fn request(
    db: &impl ConnectionTrait,
    branch: &branch::Model,
    new: NewSync,
    now: DateTime<Utc>,
) -> Result<(project_sync::Model, bool), DbErr> {
    let row = project_sync::ActiveModel {
        id: Set(SyncId::generate()),
        tenant_id: Set(branch.tenant_id),
        branch_id: Set(branch.id),
        kind: Set(if new.restore_seq.is_some() { SyncKind::Restore } else { SyncKind::Sync }),
        trigger: Set(new.trigger),
        forced: Set(new.forced),
        restore_seq: Set(new.restore_seq),
        status: Set(SyncStatus::Pending),
        phases: Set(serde_json::json!([])),
        created_at: Set(now),
        ..Default::default()
    };
    match row.insert(db).await {
        Ok(sync) => Ok((sync, true)),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            let pending = project_sync::Entity::find()
                .filter(project_sync::Column::BranchId.eq(branch.id))
                .filter(project_sync::Column::Status.eq(SyncStatus::Pending))
                .one(db)
                .await?;
            pending.map(|sync| (sync, false)).ok_or(error)
        }
        Err(error) => Err(error),
    }
}

/// The right to write for a running sync. Worth nothing once a later claim was made: see [`fence`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The sync.
    pub sync: SyncId,
    /// Its branch.
    pub branch: BranchId,
    /// The token of this claim.
    pub token: i64,
}

/// What came of trying to claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClaimOutcome {
    /// It is ours.
    Claimed(Claim),
    /// Another sync of the branch runs.
    BranchBusy,
    /// It is not pending (any more).
    NotPending,
}

/// Claims a pending sync for `worker`, for as long as `lease` without a heartbeat.
pub async fn claim(
    db: &impl ConnectionTrait,
    id: SyncId,
    worker: &str,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<ClaimOutcome, DbErr> {
    let update = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Status, SyncStatus::Running.as_str().into())
        .col_expr(project_sync::Column::Worker, worker.into())
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(now + lease))
        .col_expr(project_sync::Column::FencingToken, Expr::col(project_sync::Column::FencingToken).add(1))
        .col_expr(
            project_sync::Column::StartedAt,
            Func::coalesce([Expr::col(project_sync::Column::StartedAt), Expr::value(now)]).into(),
        )
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending));
    match update.exec(db).await {
        Ok(result) if result.rows_affected == 0 => return Ok(ClaimOutcome::NotPending),
        Ok(_) => {}
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Ok(ClaimOutcome::BranchBusy);
        }
        Err(error) => return Err(error),
    }
    let sync = get(db, id).await?.ok_or_else(|| DbErr::RecordNotFound(format!("sync {id}")))?;
    Ok(ClaimOutcome::Claimed(Claim { sync: id, branch: sync.branch_id, token: sync.fencing_token }))
}

/// What a heartbeat found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heartbeat {
    /// Still ours.
    Held,
    /// Still ours, and someone asked for its end.
    CancelRequested,
    /// Ours no more: stop writing.
    Lost,
}

fn held(claim: &Claim) -> Condition {
    Condition::all()
        .add(project_sync::Column::Id.eq(claim.sync))
        .add(project_sync::Column::FencingToken.eq(claim.token))
        .add(project_sync::Column::Status.eq(SyncStatus::Running))
}

/// Prolongs the lease.
pub async fn heartbeat(
    db: &impl ConnectionTrait,
    claim: &Claim,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<Heartbeat, DbErr> {
    let updated = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(now + lease))
        .filter(held(claim))
        .exec(db)
        .await?;
    if updated.rows_affected == 0 {
        return Ok(Heartbeat::Lost);
    }
    let sync = get(db, claim.sync).await?;
    Ok(match sync {
        Some(sync) if sync.cancel_requested => Heartbeat::CancelRequested,
        Some(_) => Heartbeat::Held,
        None => Heartbeat::Lost,
    })
}

/// Makes sure, within a transaction, that the claim still holds, and keeps it from being lost until the end of the
/// transaction. `false` if it is lost: roll back.
pub async fn fence(db: &impl ConnectionTrait, claim: &Claim) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    // SQLite's writers hold the only write lock already.
    let lock = if backend == sea_orm::DbBackend::Sqlite { "" } else { "FOR SHARE" };
    let statement = Statement::from_sql_and_values(
        backend,
        format!(
            "SELECT 1 AS one FROM project_syncs WHERE id = $1 AND fencing_token = $2 AND status = 'running' {lock}"
        ),
        [claim.sync.into(), claim.token.into()],
    );
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Notes which phase runs.
pub async fn enter_phase(db: &impl ConnectionTrait, claim: &Claim, phase: &str) -> Result<bool, DbErr> {
    let updated = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Phase, phase.into())
        .filter(held(claim))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// How a sync ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// It is the next link of its branch's chain.
    Completed {
        /// Its number.
        seq: i64,
        /// What it showed.
        commit: ObjectId,
        /// That commit's root tree.
        tree: ObjectId,
        /// When it was committed.
        committed_at: Option<DateTime<Utc>>,
        /// The first line of its message.
        summary: Option<String>,
        /// The rules that the memory was derived by.
        rules_digest: String,
        /// What to ask conditionally with next time; `None` keeps what is known.
        validator: Option<String>,
    },
    /// It failed.
    Failed {
        /// A stable word for the error.
        code: String,
        /// The error in words for the user.
        message: String,
    },
    /// Someone asked for its end.
    Cancelled,
}

/// What is noted of a sync when it ends, whatever the ending.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Totals {
    /// What it changed and cost.
    pub counts: SyncCounts,
    /// Its phases.
    pub phases: Vec<PhaseRecord>,
}

/// Ends a sync, and if it completed, links it to the chain and moves the branch's head: readers see it once this
/// transaction is committed. `false` if the claim is lost or the head has moved: roll back.
pub async fn finish(
    db: &impl ConnectionTrait,
    claim: &Claim,
    ending: &Ending,
    totals: &Totals,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let phases = serde_json::to_value(&totals.phases).map_err(|error| DbErr::Json(error.to_string()))?;
    let counts = &totals.counts;
    let mut update = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(project_sync::Column::FinishedAt, Expr::value(now))
        .col_expr(project_sync::Column::Phases, Expr::value(phases))
        .filter(held(claim));
    for (column, value) in [
        (project_sync::Column::FilesAdded, counts.added),
        (project_sync::Column::FilesModified, counts.modified),
        (project_sync::Column::FilesDeleted, counts.deleted),
        (project_sync::Column::FilesRenamed, counts.renamed),
        (project_sync::Column::FilesUnchanged, counts.unchanged),
        (project_sync::Column::EntriesCreated, counts.entries_created),
        (project_sync::Column::EntriesSuperseded, counts.entries_superseded),
        (project_sync::Column::BlobsFetched, counts.blobs_fetched),
        (project_sync::Column::BytesFetched, counts.bytes_fetched),
        (project_sync::Column::RequestsMade, counts.requests),
        (project_sync::Column::Warnings, counts.warnings),
    ] {
        update = update.col_expr(column, value.into());
    }
    update = match ending {
        Ending::Completed { seq, commit, tree, committed_at, summary, rules_digest, .. } => {
            let previous = branch::Entity::find_by_id(claim.branch)
                .one(db)
                .await?
                .and_then(|branch| branch.head_sync_id);
            update
                .col_expr(project_sync::Column::Status, SyncStatus::Completed.as_str().into())
                .col_expr(project_sync::Column::Seq, (*seq).into())
                .col_expr(project_sync::Column::PreviousSyncId, Expr::value(previous))
                .col_expr(project_sync::Column::CommitId, Expr::value(*commit))
                .col_expr(project_sync::Column::TreeId, Expr::value(*tree))
                .col_expr(project_sync::Column::CommittedAt, Expr::value(*committed_at))
                .col_expr(project_sync::Column::CommitSummary, Expr::value(summary.clone()))
                .col_expr(project_sync::Column::RulesDigest, Expr::value(rules_digest.clone()))
        }
        Ending::Failed { code, message } => update
            .col_expr(project_sync::Column::Status, SyncStatus::Failed.as_str().into())
            .col_expr(project_sync::Column::ErrorCode, code.as_str().into())
            .col_expr(project_sync::Column::ErrorMessage, message.as_str().into()),
        Ending::Cancelled => {
            update.col_expr(project_sync::Column::Status, SyncStatus::Cancelled.as_str().into())
        }
    };
    if update.exec(db).await?.rows_affected == 0 {
        return Ok(false);
    }
    let Ending::Completed { seq, validator, .. } = ending else {
        return Ok(true);
    };
    let mut head = branch::Entity::update_many()
        .col_expr(branch::Column::HeadSeq, (*seq).into())
        .col_expr(branch::Column::HeadSyncId, Expr::value(claim.sync))
        .filter(branch::Column::Id.eq(claim.branch))
        .filter(branch::Column::HeadSeq.eq(seq - 1));
    if let Some(validator) = validator {
        head = head.col_expr(branch::Column::Validator, validator.as_str().into());
    }
    Ok(head.exec(db).await?.rows_affected == 1)
}

/// Asks a pending or running sync to end. A pending one ends at once. `false` if it has ended already.
pub async fn request_cancel(
    db: &impl ConnectionTrait,
    id: SyncId,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let pending = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Status, SyncStatus::Cancelled.as_str().into())
        .col_expr(project_sync::Column::CancelRequested, true.into())
        .col_expr(project_sync::Column::FinishedAt, Expr::value(now))
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending))
        .exec(db)
        .await?;
    if pending.rows_affected == 1 {
        return Ok(true);
    }
    let running = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::CancelRequested, true.into())
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Running))
        .exec(db)
        .await?;
    Ok(running.rows_affected == 1)
}

/// Takes the claim of a running sync whose worker is known to be gone, so that it can be ended properly. `None` if it
/// is not as `seen` any more.
pub async fn take_over(
    db: &impl ConnectionTrait,
    seen: &project_sync::Model,
    worker: &str,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<Option<Claim>, DbErr> {
    let claim = Claim { sync: seen.id, branch: seen.branch_id, token: seen.fencing_token };
    let updated = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Worker, worker.into())
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(now + lease))
        .col_expr(project_sync::Column::FencingToken, (seen.fencing_token + 1).into())
        .filter(held(&claim))
        .exec(db)
        .await?;
    Ok((updated.rows_affected == 1).then_some(Claim { token: claim.token + 1, ..claim }))
}

/// Finds a sync by id.
pub async fn get(db: &impl ConnectionTrait, id: SyncId) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find_by_id(id).one(db).await
}

/// The sync of a branch that runs, if one does.
pub async fn running(
    db: &impl ConnectionTrait,
    branch: BranchId,
) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Status.eq(SyncStatus::Running))
        .one(db)
        .await
}

/// The completed sync of a branch with this number.
pub async fn by_seq(
    db: &impl ConnectionTrait,
    branch: BranchId,
    seq: i64,
) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Seq.eq(seq))
        .one(db)
        .await
}

/// The syncs of these branches whose ids begin with these hexadecimal digits (hyphens do not count), at most `limit`.
/// None if `digits` are no such digits, none at all, or too many.
pub async fn by_id_prefix(
    db: &impl ConnectionTrait,
    branches: &[BranchId],
    digits: &str,
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    let Some((first, last)) = SyncId::range_of_prefix(digits) else { return Ok(Vec::new()) };
    project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .filter(project_sync::Column::Id.between(first, last))
        .order_by_desc(project_sync::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The sync of a branch that waits, if one does.
pub async fn pending(
    db: &impl ConnectionTrait,
    branch: BranchId,
) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.eq(branch))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending))
        .one(db)
        .await
}

/// The syncs of these branches, newest first, at most `limit`.
pub async fn history(
    db: &impl ConnectionTrait,
    branches: &[BranchId],
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .order_by_desc(project_sync::Column::CreatedAt)
        .order_by_desc(project_sync::Column::Id)
        .limit(limit)
        .all(db)
        .await
}

/// The commits of the latest completed syncs of these branches, each once, newest first, at most `limit`.
pub async fn recent_commits(
    db: &impl ConnectionTrait,
    branches: &[BranchId],
    limit: usize,
) -> Result<Vec<ObjectId>, DbErr> {
    // Several syncs may show one commit, so look at a few more rows than commits wanted.
    let rows = project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .filter(project_sync::Column::Status.eq(SyncStatus::Completed))
        .order_by_desc(project_sync::Column::CreatedAt)
        .limit(4 * limit as u64)
        .all(db)
        .await?;
    let mut commits = Vec::new();
    for commit in rows.into_iter().filter_map(|sync| sync.commit_id) {
        if commits.len() < limit && !commits.contains(&commit) {
            commits.push(commit);
        }
    }
    Ok(commits)
}

/// Keeps an event. Its number must be the next one: a number that is taken is an error.
pub async fn append_event(db: &impl ConnectionTrait, event: sync_event::Model) -> Result<(), DbErr> {
    let row: sync_event::ActiveModel = event.into();
    sync_event::Entity::insert(row.reset_all()).exec_without_returning(db).await?;
    Ok(())
}

/// The events of a sync after number `after`, in order, at most `limit`.
pub async fn events(
    db: &impl ConnectionTrait,
    sync: SyncId,
    after: i64,
    limit: u64,
) -> Result<Vec<sync_event::Model>, DbErr> {
    sync_event::Entity::find()
        .filter(sync_event::Column::SyncId.eq(sync))
        .filter(sync_event::Column::Seq.gt(after))
        .order_by_asc(sync_event::Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// The number of a sync's last event; 0 before the first.
pub async fn last_event_seq(db: &impl ConnectionTrait, sync: SyncId) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Last {
        seq: Option<i64>,
    }
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT max(seq) AS seq FROM sync_events WHERE sync_id = $1",
        [sync.into()],
    );
    Ok(Last::find_by_statement(statement).one(db).await?.and_then(|last| last.seq).unwrap_or(0))
}
