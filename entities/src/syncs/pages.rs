//! Syncs page by page, and what becomes of old ones.

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, FromQueryResult, JsonValue, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select, Statement, sea_query::Query,
};

use crate::{
    deletion, gc,
    ids::{BranchId, ProjectId, SyncId},
    scope::{OfSystem, OfTenant, Scoped, TenantDb},
    status::{SyncStatus, SyncTrigger},
    tables::{branch, project_sync, repository, sync_event},
};

/// Which syncs are meant. All of them, where nothing is said.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncFilter {
    /// Only those of this project.
    pub project: Option<ProjectId>,
    /// Only those of this branch.
    pub branch: Option<BranchId>,
    /// Only those of branches of this name.
    pub branch_name: Option<String>,
    /// Only those in one of these states; any state if there are none.
    pub statuses: Vec<SyncStatus>,
    /// Only those that were asked for in this way.
    pub trigger: Option<SyncTrigger>,
    /// Only those that ended with this error.
    pub error_code: Option<String>,
    /// Only those asked for before.
    pub before: Option<DateTime<Utc>>,
}

impl SyncFilter {
    fn apply(&self, db: &impl Scoped) -> Select<project_sync::Entity> {
        let mut select = project_sync::Entity::find().filter(db.only(project_sync::Column::TenantId));
        if let Some(branch) = self.branch {
            select = select.filter(project_sync::Column::BranchId.eq(branch));
        }
        if self.project.is_some() || self.branch_name.is_some() {
            select = select.filter(project_sync::Column::BranchId.in_subquery(self.branches()));
        }
        if !self.statuses.is_empty() {
            select = select.filter(project_sync::Column::Status.is_in(self.statuses.iter().copied()));
        }
        if let Some(trigger) = self.trigger {
            select = select.filter(project_sync::Column::Trigger.eq(trigger));
        }
        if let Some(code) = &self.error_code {
            select = select.filter(project_sync::Column::ErrorCode.eq(code));
        }
        if let Some(before) = self.before {
            select = select.filter(project_sync::Column::CreatedAt.lt(before));
        }
        select
    }

    /// The ids of the branches that project and name leave.
    fn branches(&self) -> sea_orm::sea_query::SelectStatement {
        let mut branches = Query::select();
        branches.column(branch::Column::Id).from(branch::Entity);
        if let Some(name) = &self.branch_name {
            branches.and_where(branch::Column::Name.eq(name));
        }
        if let Some(project) = self.project {
            let mut repositories = Query::select();
            repositories
                .column(repository::Column::Id)
                .from(repository::Entity)
                .and_where(repository::Column::ProjectId.eq(project));
            branches.and_where(branch::Column::RepositoryId.in_subquery(repositories));
        }
        branches
    }
}

/// Syncs, the latest first, at most `limit`; `after` continues behind one of an earlier page.
///
/// # Errors
/// If the database is away.
pub async fn page(
    db: &impl Scoped,
    filter: &SyncFilter,
    after: Option<SyncId>,
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    let mut select = filter.apply(db);
    if let Some(after) = after {
        select = select.filter(project_sync::Column::Id.lt(after));
    }
    // Ids made later sort later, and each branch has an index on them.
    select.order_by_desc(project_sync::Column::Id).limit(limit).all(db).await
}

/// How many there are.
///
/// # Errors
/// If the database is away.
pub async fn count(db: &impl Scoped, filter: &SyncFilter) -> Result<u64, DbErr> {
    filter.apply(db).count(db).await
}

/// The syncs with these ids (at most [`crate::temporal::ROWS_PER_STATEMENT`] of them), in no order.
///
/// # Errors
/// If the database is away.
pub async fn by_ids(
    db: &impl Scoped,
    ids: impl IntoIterator<Item = SyncId>,
) -> Result<Vec<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::Id.is_in(ids))
        .all(db)
        .await
}

/// The last events of a sync, the latest first, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn last_events(
    db: &impl Scoped,
    sync: SyncId,
    limit: u64,
) -> Result<Vec<sync_event::Model>, DbErr> {
    sync_event::Entity::find()
        .filter(db.only(sync_event::Column::TenantId))
        .filter(sync_event::Column::SyncId.eq(sync))
        .order_by_desc(sync_event::Column::Seq)
        .limit(limit)
        .all(db)
        .await
}

/// The last event of a sync whose payload has this `type`.
///
/// # Errors
/// If the database is away.
pub async fn last_event_of_type(
    db: &impl OfTenant,
    sync: SyncId,
    kind: &str,
) -> Result<Option<JsonValue>, DbErr> {
    #[derive(FromQueryResult)]
    struct Row {
        payload: JsonValue,
    }
    // Goes backwards over the key and stops at the first one.
    let sql = "SELECT payload FROM sync_events WHERE sync_id = $1 AND tenant_id = $3 AND payload->>'type' = $2 \
               ORDER BY seq DESC LIMIT 1";
    let values = [sync.into(), kind.into(), db.tenant().into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Row::find_by_statement(statement).one(db).await?.map(|row| row.payload))
}

/// The syncs that could have been begun before `before` and were not, though nothing holds them back: no pause, and no
/// other sync of their branch. The oldest first, at most `limit`.
///
/// # Errors
/// If the database is away.
pub async fn stuck(
    db: &impl OfSystem,
    before: DateTime<Utc>,
    limit: u64,
) -> Result<Vec<project_sync::Model>, DbErr> {
    let sql = "SELECT s.* FROM project_syncs s \
               JOIN branches b ON b.id = s.branch_id JOIN repositories r ON r.id = b.repository_id \
               WHERE s.status = 'pending' AND s.created_at < $1 AND (s.run_after IS NULL OR s.run_after < $1) \
               AND NOT EXISTS (SELECT 1 FROM queue_pauses p \
                   WHERE p.project_id IS NULL OR p.project_id = r.project_id) \
               AND NOT EXISTS (SELECT 1 FROM project_syncs o WHERE o.branch_id = s.branch_id AND o.id <> s.id \
                   AND (o.status = 'running' OR (o.status = 'pending' AND o.started_at IS NOT NULL))) \
               ORDER BY s.created_at LIMIT $2";
    let values = [before.into(), limit.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    project_sync::Model::find_by_statement(statement).all(db).await
}

/// Removes a sync that ended without becoming a link of its branch's chain, with its events. `false` if it is no such
/// sync (any more).
///
/// # Errors
/// If the database is away.
pub async fn remove(db: &TenantDb, id: SyncId) -> Result<bool, DbErr> {
    let transaction = db.begin_write().await?;
    let removed = deletion::announced(&transaction, gc::remove_ended(&transaction, &[id])).await?;
    transaction.commit().await?;
    Ok(removed == 1)
}
