//! What is removed of syncs: those that ended without becoming a link of the chain, and what forgotten ones told of their
//! progress.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Statement,
};

use super::{Retention, days_before};
use crate::{
    deletion,
    ids::SyncId,
    scope::{OfTenant, Scoped, TenantDb, TenantTx},
    status::SyncStatus,
    syncs,
    tables::{branch, dead_job, project_sync, sync_event},
};

/// How many syncs are removed in one transaction: each may have thousands of events.
const SYNCS_AT_A_TIME: u64 = 20;

/// How many forgotten syncs are looked at in one query.
const SYNCS_AT_ONCE: u64 = 200;

/// How many events are removed in one transaction.
const EVENTS_AT_A_TIME: u64 = 5_000;

/// Those of a branch that ended without becoming a link of its chain, before what is to be kept. `None` if all are.
async fn ended(
    db: &impl OfTenant,
    branch: &branch::Model,
    retention: Retention,
    now: DateTime<Utc>,
) -> Result<Option<Condition>, DbErr> {
    let by_count = match i64::try_from(retention.keep_syncs) {
        Ok(0) => None,
        Ok(count) => {
            // As long ago as the first sync that is kept by its number.
            let first = syncs::by_seq(db, branch.id, branch.head_seq - count + 1).await?;
            let Some(at) = first.and_then(|sync| sync.finished_at) else { return Ok(None) };
            Some(at)
        }
        Err(_) => return Ok(None),
    };
    let by_age = days_before(now, retention.keep_days);
    if retention.keep_days > 0 && by_age.is_none() {
        return Ok(None);
    }
    Ok([by_count, by_age].into_iter().flatten().min().map(|before| {
        Condition::all()
            .add(db.only(project_sync::Column::TenantId))
            .add(project_sync::Column::BranchId.eq(branch.id))
            .add(has_ended())
            .add(project_sync::Column::FinishedAt.lt(before))
    }))
}

fn has_ended() -> Condition {
    let ended = [SyncStatus::Failed, SyncStatus::Cancelled];
    Condition::all().add(project_sync::Column::Status.is_in(ended))
}

/// How many of them there are.
pub(super) async fn count_ended(
    db: &impl OfTenant,
    branch: &branch::Model,
    retention: Retention,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    match ended(db, branch, retention, now).await? {
        Some(condition) => project_sync::Entity::find().filter(condition).count(db).await,
        None => Ok(0),
    }
}

/// Removes them. Gives how many.
pub(super) async fn remove_all_ended(
    db: &TenantDb,
    branch: &branch::Model,
    retention: Retention,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let Some(condition) = ended(db, branch, retention, now).await? else { return Ok(0) };
    let mut removed = 0;
    loop {
        let ids: Vec<SyncId> = project_sync::Entity::find()
            .select_only()
            .column(project_sync::Column::Id)
            .filter(condition.clone())
            .order_by_asc(project_sync::Column::Id)
            .limit(SYNCS_AT_A_TIME)
            .into_tuple()
            .all(db)
            .await?;
        if ids.is_empty() {
            return Ok(removed);
        }
        let transaction = db.begin_write().await?;
        let now_gone = deletion::announced(&transaction, remove_ended(&transaction, &ids)).await?;
        transaction.commit().await?;
        if now_gone == 0 {
            // All of them are as they were a moment ago no more; the next look is another run's.
            return Ok(removed);
        }
        removed += now_gone;
    }
}

/// Removes those of these syncs that ended without becoming a link of their branch's chain, with their events. Gives how
/// many.
pub(crate) async fn remove_ended(transaction: &TenantTx, ids: &[SyncId]) -> Result<u64, DbErr> {
    let mut select = project_sync::Entity::find()
        .filter(transaction.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.is_in(ids.iter().copied()))
        .filter(has_ended())
        .order_by_asc(project_sync::Column::Id);
    if transaction.get_database_backend() != DbBackend::Sqlite {
        // So they stay until they are gone.
        select = select.lock_exclusive();
    }
    let ids: Vec<SyncId> = select.all(transaction).await?.into_iter().map(|sync| sync.id).collect();
    if ids.is_empty() {
        return Ok(0);
    }
    dead_job::Entity::delete_many()
        .filter(transaction.only(dead_job::Column::TenantId))
        .filter(dead_job::Column::SyncId.is_in(ids.iter().copied()))
        .exec(transaction)
        .await?;
    sync_event::Entity::delete_many()
        .filter(transaction.only(sync_event::Column::TenantId))
        .filter(sync_event::Column::SyncId.is_in(ids.iter().copied()))
        .exec(transaction)
        .await?;
    let removed = project_sync::Entity::delete_many()
        .filter(transaction.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.is_in(ids))
        .exec(transaction)
        .await?;
    Ok(removed.rows_affected)
}

/// That an event tells progress which a later one of its phase outdates: a sync's state is the same without it.
const IS_OUTDATED: &str = "e.payload->>'type' = 'phaseProgress' AND EXISTS (SELECT 1 FROM sync_events l \
    WHERE l.sync_id = e.sync_id AND l.seq > e.seq AND l.payload->>'type' = 'phaseProgress' \
    AND l.payload->>'phase' = e.payload->>'phase')";

/// Removes what the forgotten syncs of a branch told of their progress but for each phase's last word. Gives how many
/// events.
pub(super) async fn thin_events(db: &TenantDb, branch: &branch::Model) -> Result<u64, DbErr> {
    let mut removed = 0;
    let mut after = 0;
    while after + 1 < branch.kept_from {
        let (syncs, last) = with_outdated_events(db, branch, after).await?;
        for sync in syncs {
            removed += thin(db, sync).await?;
        }
        let Some(last) = last else { break };
        after = last;
    }
    Ok(removed)
}

/// Of the next forgotten syncs those that have something to remove, and the number of the last one looked at.
async fn with_outdated_events(
    db: &TenantDb,
    branch: &branch::Model,
    after: i64,
) -> Result<(Vec<SyncId>, Option<i64>), DbErr> {
    let sql = format!(
        "SELECT s.id, s.seq, EXISTS (SELECT 1 FROM sync_events e WHERE e.sync_id = s.id AND {IS_OUTDATED}) AS has \
         FROM project_syncs s WHERE s.branch_id = $1 AND s.tenant_id = $2 AND s.seq > $3 AND s.seq < $4 \
         ORDER BY s.seq LIMIT {SYNCS_AT_ONCE}"
    );
    let values = [branch.id.into(), db.tenant().into(), after.into(), branch.kept_from.into()];
    let rows =
        db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    let mut found = Vec::new();
    let mut last = None;
    for row in rows {
        last = Some(row.try_get("", "seq")?);
        if row.try_get("", "has")? {
            found.push(row.try_get("", "id")?);
        }
    }
    Ok((found, last))
}

async fn thin(db: &TenantDb, sync: SyncId) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM sync_events WHERE tenant_id = $1 AND sync_id = $2 AND seq IN ( \
         SELECT e.seq FROM sync_events e WHERE e.tenant_id = $1 AND e.sync_id = $2 AND {IS_OUTDATED} \
         ORDER BY e.seq LIMIT {EVENTS_AT_A_TIME})"
    );
    let mut removed = 0;
    loop {
        let transaction = db.begin_write().await?;
        let values = [db.tenant().into(), sync.into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), &sql, values);
        let removal = transaction.execute_raw(statement);
        let now_gone = deletion::announced(&transaction, removal).await?.rows_affected();
        transaction.commit().await?;
        removed += now_gone;
        if now_gone < EVENTS_AT_A_TIME {
            return Ok(removed);
        }
    }
}
