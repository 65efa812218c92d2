//! What those ask who watch syncs: how far each is, which ones a project got, and what made a sync what it is.

use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Statement, Value,
};

use crate::{
    ids::{ProjectId, SyncId},
    scope::{OfTenant, Scoped},
    tables::{project, project_sync, sync_event},
};

/// The most syncs, or projects, that one question may be about.
pub const MAX_SYNCS_AT_ONCE: usize = 500;

/// The numbers of the last events of these syncs (at most [`MAX_SYNCS_AT_ONCE`]), in no order; 0 before the first event.
/// Syncs without a row are left out.
///
/// # Errors
/// If the database is away.
pub async fn last_event_seqs(db: &impl Scoped, syncs: &[SyncId]) -> Result<Vec<(SyncId, i64)>, DbErr> {
    #[derive(FromQueryResult)]
    struct Last {
        id: SyncId,
        seq: i64,
    }
    if syncs.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (1..=syncs.len()).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT s.id, coalesce((SELECT max(e.seq) FROM sync_events e WHERE e.sync_id = s.id), 0) AS seq \
         FROM project_syncs s WHERE s.id IN ({}){}",
        places.join(", "),
        db.scope().map_or_else(String::new, |_| format!(" AND s.tenant_id = ${}", syncs.len() + 1))
    );
    let values = syncs.iter().map(|id| Value::from(*id)).chain(db.scope().map(Value::from));
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = Last::find_by_statement(statement).all(db).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.seq)).collect())
}

/// The ordinals of the latest syncs of these projects (at most [`MAX_SYNCS_AT_ONCE`]), in no order; 0 before the first
/// sync. Projects without a row are left out.
///
/// # Errors
/// If the database is away.
pub async fn last_ordinals(db: &impl Scoped, projects: &[ProjectId]) -> Result<Vec<(ProjectId, i64)>, DbErr> {
    project::Entity::find()
        .filter(db.only(project::Column::TenantId))
        .select_only()
        .columns([project::Column::Id, project::Column::SyncsAsked])
        .filter(project::Column::Id.is_in(projects.iter().copied()))
        .into_tuple()
        .all(db)
        .await
}

/// The syncs of a project that were asked for after the one with this ordinal (0: all), in order, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn asked_after(
    db: &impl Scoped,
    project: ProjectId,
    ordinal: i64,
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::ProjectId.eq(project))
        .filter(project_sync::Column::Ordinal.gt(ordinal))
        .order_by_asc(project_sync::Column::Ordinal)
        .limit(limit)
        .all(db)
        .await
}

/// The syncs of a project with these ordinals (at most [`MAX_SYNCS_AT_ONCE`]), in order. Those that are not there are left
/// out.
///
/// # Errors
/// If the database is away.
pub async fn by_ordinals(
    db: &impl Scoped,
    project: ProjectId,
    ordinals: &[i64],
) -> Result<Vec<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::ProjectId.eq(project))
        .filter(project_sync::Column::Ordinal.is_in(ordinals.iter().copied()))
        .order_by_asc(project_sync::Column::Ordinal)
        .all(db)
        .await
}

/// The syncs of a project that have not ended, in the order in which they were asked for, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn unfinished(
    db: &impl OfTenant,
    project: ProjectId,
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    // The words are written out so that the index over these rows alone serves.
    let sql = "SELECT * FROM project_syncs WHERE project_id = $1 AND status IN ('pending', 'running') \
               AND tenant_id = $3 ORDER BY ordinal LIMIT $2";
    let values = [project.into(), limit.into(), db.tenant().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    project_sync::Model::find_by_statement(statement).all(db).await
}

/// The events up to number `up_to` (`None`: all) that a sync's state is made of, in order: everything but progress, and of
/// that the last word of each phase. There are few of them, however long the sync took.
///
/// # Errors
/// If the database is away.
pub async fn milestones(
    db: &impl OfTenant,
    sync: SyncId,
    up_to: Option<i64>,
) -> Result<Vec<sync_event::Model>, DbErr> {
    let sql = "SELECT * FROM sync_events WHERE sync_id = $1 AND tenant_id = $3 AND seq <= $2 AND (payload->>'type' <> 'phaseProgress' \
               OR seq IN (SELECT max(p.seq) FROM sync_events p WHERE p.sync_id = $1 AND p.seq <= $2 \
                   AND p.payload->>'type' = 'phaseProgress' GROUP BY p.payload->>'phase')) ORDER BY seq";
    let values = [sync.into(), up_to.unwrap_or(i64::MAX).into(), db.tenant().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    sync_event::Model::find_by_statement(statement).all(db).await
}
