//! The life of a sync: asked for, claimed, kept alive, ended.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, Set, SqlErr, Statement,
    UpdateMany,
    sea_query::{Expr, ExprTrait, Func},
};

use super::{PhaseRecord, SyncCounts, get};
use crate::{
    ids::{BranchId, SyncId},
    object::ObjectId,
    projects, queue,
    scope::{OfTenant, Scoped, TenantDb},
    status::{SyncKind, SyncStatus, SyncTrigger},
    tables::{branch, project_sync},
};

/// What to ask for when a sync is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSync {
    /// Who asks.
    pub trigger: SyncTrigger,
    /// Compare and derive everything anew.
    pub forced: bool,
    /// Go back to the sync of this number instead of following the branch.
    pub restore_seq: Option<i64>,
    /// The W3C trace context of the request, at most [`MAX_TRACE_PARENT_CHARS`] long.
    pub trace_parent: Option<String>,
}

/// The longest trace context that is kept, in characters (version 00 has 55).
pub const MAX_TRACE_PARENT_CHARS: usize = 100;

/// Makes a pending sync of a branch, and counts it among those of the project: in a transaction, so that no number is
/// ever without its sync. A second one beside it that was not begun is a unique violation: see [`super::request()`].
///
/// # Errors
/// If the database is away, or the branch is gone.
pub async fn create(
    db: &impl OfTenant,
    branch: &branch::Model,
    new: NewSync,
    now: DateTime<Utc>,
) -> Result<project_sync::Model, DbErr> {
    let (project_id, ordinal) = projects::count_sync(db, branch).await?;
    let row = project_sync::ActiveModel {
        id: Set(SyncId::generate()),
        tenant_id: Set(branch.tenant_id),
        branch_id: Set(branch.id),
        project_id: Set(project_id),
        ordinal: Set(ordinal),
        kind: Set(if new.restore_seq.is_some() { SyncKind::Restore } else { SyncKind::Sync }),
        trigger: Set(new.trigger),
        forced: Set(new.forced),
        restore_seq: Set(new.restore_seq),
        status: Set(SyncStatus::Pending),
        phases: Set(serde_json::json!([])),
        priority: Set(new.trigger.priority()),
        trace_parent: Set(new.trace_parent.filter(|text| text.len() <= MAX_TRACE_PARENT_CHARS)),
        created_at: Set(now),
        ..Default::default()
    };
    row.insert(db).await
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
    /// Another sync of the branch runs, or was begun and waits to be continued.
    BranchBusy,
    /// The queue or the project is paused.
    Paused,
    /// It is not pending (any more).
    NotPending,
}

/// Claims a pending sync for `worker`, for as long as `lease` without a heartbeat.
pub async fn claim(
    db: &TenantDb,
    id: SyncId,
    worker: &str,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<ClaimOutcome, DbErr> {
    let transaction = db.begin_write().await?;
    let Some(sync) = get(&transaction, id).await? else { return Ok(ClaimOutcome::NotPending) };
    // Whoever asks for a sync finds it pending or running, and never in between.
    projects::lock_branch(&transaction, sync.branch_id).await?;
    if queue::is_paused(&transaction, sync.branch_id).await? {
        return Ok(ClaimOutcome::Paused);
    }
    let update = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Status, SyncStatus::Running.as_str().into())
        .col_expr(project_sync::Column::Worker, worker.into())
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(now + lease))
        .col_expr(project_sync::Column::FencingToken, Expr::col(project_sync::Column::FencingToken).add(1))
        .col_expr(project_sync::Column::Attempts, Expr::col(project_sync::Column::Attempts).add(1))
        .col_expr(project_sync::Column::RunAfter, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(
            project_sync::Column::StartedAt,
            Func::coalesce([Expr::col(project_sync::Column::StartedAt), Expr::value(now)]).into(),
        )
        .filter(transaction.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending));
    match update.exec(&transaction).await {
        Ok(result) if result.rows_affected == 0 => return Ok(ClaimOutcome::NotPending),
        Ok(_) => {}
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => {
            return Ok(ClaimOutcome::BranchBusy);
        }
        Err(error) => return Err(error),
    }
    let claimed = get(&transaction, id).await?.ok_or_else(|| DbErr::RecordNotFound(format!("sync {id}")))?;
    transaction.commit().await?;
    Ok(ClaimOutcome::Claimed(Claim { sync: id, branch: sync.branch_id, token: claimed.fencing_token }))
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

fn held(db: &impl OfTenant, claim: &Claim) -> Condition {
    Condition::all()
        .add(db.only(project_sync::Column::TenantId))
        .add(project_sync::Column::Id.eq(claim.sync))
        .add(project_sync::Column::FencingToken.eq(claim.token))
        .add(project_sync::Column::Status.eq(SyncStatus::Running))
}

/// Prolongs the lease.
///
/// # Errors
/// If the database is away.
pub async fn heartbeat(
    db: &impl OfTenant,
    claim: &Claim,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<Heartbeat, DbErr> {
    // The condition is that of `held`, written out: sea-orm's `exec_with_returning` refuses updates of many rows on SQLite.
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "UPDATE project_syncs SET lease_until = $4 WHERE id = $1 AND fencing_token = $2 AND status = 'running' \
         AND tenant_id = $3 RETURNING cancel_requested",
        [claim.sync.into(), claim.token.into(), db.tenant().into(), (now + lease).into()],
    );
    let Some(row) = db.query_one_raw(statement).await? else { return Ok(Heartbeat::Lost) };
    Ok(if row.try_get("", "cancel_requested")? { Heartbeat::CancelRequested } else { Heartbeat::Held })
}

/// Makes sure, within a transaction, that the claim still holds, and keeps it from being lost until the end of the
/// transaction. `false` if it is lost: roll back.
pub async fn fence(db: &impl OfTenant, claim: &Claim) -> Result<bool, DbErr> {
    let backend = db.get_database_backend();
    // SQLite's writers hold the only write lock already.
    let lock = if backend == sea_orm::DbBackend::Sqlite { "" } else { "FOR SHARE" };
    let statement = Statement::from_sql_and_values(
        backend,
        format!(
            "SELECT 1 AS one FROM project_syncs WHERE id = $1 AND fencing_token = $2 AND status = 'running' \
             AND tenant_id = $3 {lock}"
        ),
        [claim.sync.into(), claim.token.into(), db.tenant().into()],
    );
    Ok(db.query_one_raw(statement).await?.is_some())
}

/// Gives a running sync back to be begun again: at once, or not before `run_after`. It keeps its branch. With
/// `uncount`, this attempt is not counted: the sync is not to blame. `false` if the claim is lost or someone asked for
/// the sync's end.
pub async fn give_back(
    db: &impl OfTenant,
    claim: &Claim,
    run_after: Option<DateTime<Utc>>,
    uncount: bool,
) -> Result<bool, DbErr> {
    let attempts = Expr::col(project_sync::Column::Attempts).sub(i32::from(uncount));
    let updated = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Status, SyncStatus::Pending.as_str().into())
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(project_sync::Column::RunAfter, Expr::value(run_after))
        .col_expr(project_sync::Column::Attempts, attempts)
        .filter(held(db, claim))
        .filter(project_sync::Column::CancelRequested.eq(false))
        .exec(db)
        .await?;
    Ok(updated.rows_affected == 1)
}

/// Lets a pending sync begin now, whatever it waited for.
pub async fn hurry(db: &impl OfTenant, id: SyncId) -> Result<(), DbErr> {
    project_sync::Entity::update_many()
        .col_expr(project_sync::Column::RunAfter, Expr::value(Option::<DateTime<Utc>>::None))
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending))
        .exec(db)
        .await?;
    Ok(())
}

/// Notes which phase runs. Within a transaction it does what [`fence`] does, too. `false` if the claim is lost: roll back.
///
/// # Errors
/// If the database is away.
pub async fn enter_phase(db: &impl OfTenant, claim: &Claim, phase: &str) -> Result<bool, DbErr> {
    let updated = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Phase, phase.into())
        .filter(held(db, claim))
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
    db: &impl OfTenant,
    claim: &Claim,
    ending: &Ending,
    totals: &Totals,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let phases = serde_json::to_value(&totals.phases).map_err(|error| DbErr::Json(error.to_string()))?;
    let update = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(Option::<DateTime<Utc>>::None))
        .col_expr(project_sync::Column::FinishedAt, Expr::value(now))
        .col_expr(project_sync::Column::Phases, Expr::value(phases))
        .filter(held(db, claim));
    let update = set_counts(update, &totals.counts);
    let update = set_ending(db, update, claim, ending).await?;
    if update.exec(db).await?.rows_affected == 0 {
        return Ok(false);
    }
    match ending {
        Ending::Completed { seq, validator, .. } => move_head(db, claim, *seq, validator.as_deref()).await,
        _ => Ok(true),
    }
}

type Update = UpdateMany<project_sync::Entity>;

fn set_counts(mut update: Update, counts: &SyncCounts) -> Update {
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
    update
}

async fn set_ending(
    db: &impl OfTenant,
    update: Update,
    claim: &Claim,
    ending: &Ending,
) -> Result<Update, DbErr> {
    Ok(match ending {
        Ending::Completed { seq, commit, tree, committed_at, summary, rules_digest, .. } => {
            let previous = branch::Entity::find_by_id(claim.branch)
                .filter(db.only(branch::Column::TenantId))
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
    })
}

/// Moves the branch's head to the sync with number `seq`, if it is where that sync began.
async fn move_head(
    db: &impl OfTenant,
    claim: &Claim,
    seq: i64,
    validator: Option<&str>,
) -> Result<bool, DbErr> {
    let mut head = branch::Entity::update_many()
        .col_expr(branch::Column::HeadSeq, seq.into())
        .col_expr(branch::Column::HeadSyncId, Expr::value(claim.sync))
        .filter(db.only(branch::Column::TenantId))
        .filter(branch::Column::Id.eq(claim.branch))
        .filter(branch::Column::HeadSeq.eq(seq - 1));
    if let Some(validator) = validator {
        head = head.col_expr(branch::Column::Validator, validator.into());
    }
    Ok(head.exec(db).await?.rows_affected == 1)
}

/// Ends a sync that nobody has begun. `false` if it is not pending (any more).
pub async fn cancel_pending(db: &impl OfTenant, id: SyncId, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let pending = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Status, SyncStatus::Cancelled.as_str().into())
        .col_expr(project_sync::Column::CancelRequested, true.into())
        .col_expr(project_sync::Column::FinishedAt, Expr::value(now))
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Pending))
        .exec(db)
        .await?;
    Ok(pending.rows_affected == 1)
}

/// Asks a running sync to end: its worker finds out by its next heartbeat. `false` if it does not run.
pub async fn request_cancel(db: &impl OfTenant, id: SyncId) -> Result<bool, DbErr> {
    let running = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::CancelRequested, true.into())
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.eq(id))
        .filter(project_sync::Column::Status.eq(SyncStatus::Running))
        .exec(db)
        .await?;
    Ok(running.rows_affected == 1)
}

/// Takes the claim of a running sync whose worker is gone, so that it can be ended properly. `None` if it is not as
/// `seen` any more; a lease that was over when it was seen may have been prolonged meanwhile: a worker's own transaction
/// keeps its heartbeats waiting.
pub async fn take_over(
    db: &impl OfTenant,
    seen: &project_sync::Model,
    worker: &str,
    now: DateTime<Utc>,
    lease: Duration,
) -> Result<Option<Claim>, DbErr> {
    let claim = Claim { sync: seen.id, branch: seen.branch_id, token: seen.fencing_token };
    let was_over = seen.lease_until.is_some_and(|until| until < now);
    let is_over = Condition::all().add_option(was_over.then(|| project_sync::Column::LeaseUntil.lt(now)));
    let updated = project_sync::Entity::update_many()
        .col_expr(project_sync::Column::Worker, worker.into())
        .col_expr(project_sync::Column::LeaseUntil, Expr::value(now + lease))
        .col_expr(project_sync::Column::FencingToken, (seen.fencing_token + 1).into())
        .filter(held(db, &claim))
        .filter(is_over)
        .exec(db)
        .await?;
    Ok((updated.rows_affected == 1).then_some(Claim { token: claim.token + 1, ..claim }))
}
