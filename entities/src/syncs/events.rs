//! The events of a sync, as they are kept.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Set, Statement,
};

use crate::{ids::SyncId, scope::OfTenant, tables::sync_event};

/// Keeps an event. Its number must be the next one: a number that is taken is an error.
pub async fn append_event(db: &impl OfTenant, event: sync_event::Model) -> Result<(), DbErr> {
    append_events(db, vec![event]).await
}

/// Keeps events, all or none, in one statement: not thousands of them. Their numbers must be the next ones: one that is
/// taken is an error.
///
/// # Errors
/// If a number is taken, or the database is away.
pub async fn append_events(db: &impl OfTenant, events: Vec<sync_event::Model>) -> Result<(), DbErr> {
    let rows = events.into_iter().map(|event| {
        let row: sync_event::ActiveModel = event.into();
        // Its sync must be the tenant's own.
        sync_event::ActiveModel { tenant_id: Set(db.tenant()), ..row.reset_all() }
    });
    sync_event::Entity::insert_many(rows).exec_without_returning(db).await?;
    Ok(())
}

/// The events of a sync after number `after`, in order, at most `limit`.
pub async fn events(
    db: &impl OfTenant,
    sync: SyncId,
    after: i64,
    limit: u64,
) -> Result<Vec<sync_event::Model>, DbErr> {
    sync_event::Entity::find()
        .filter(db.only(sync_event::Column::TenantId))
        .filter(sync_event::Column::SyncId.eq(sync))
        .filter(sync_event::Column::Seq.gt(after))
        .order_by_asc(sync_event::Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// The number of a sync's last event; 0 before the first.
pub async fn last_event_seq(db: &impl OfTenant, sync: SyncId) -> Result<i64, DbErr> {
    #[derive(FromQueryResult)]
    struct Last {
        seq: Option<i64>,
    }
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT max(seq) AS seq FROM sync_events WHERE sync_id = $1 AND tenant_id = $2",
        [sync.into(), db.tenant().into()],
    );
    Ok(Last::find_by_statement(statement).one(db).await?.and_then(|last| last.seq).unwrap_or(0))
}

/// How many events of a sync are kept after number `after`, up to `until`.
///
/// # Errors
/// If the database is away.
pub async fn count_events(db: &impl OfTenant, sync: SyncId, after: i64, until: i64) -> Result<i64, DbErr> {
    let count = sync_event::Entity::find()
        .filter(db.only(sync_event::Column::TenantId))
        .filter(sync_event::Column::SyncId.eq(sync))
        .filter(sync_event::Column::Seq.gt(after))
        .filter(sync_event::Column::Seq.lte(until))
        .count(db)
        .await?;
    Ok(i64::try_from(count).unwrap_or(i64::MAX))
}
