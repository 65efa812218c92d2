//! Pauses: of the whole queue, and of projects.

use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, Set, SqlErr, Statement,
};

use crate::{
    ids::{BranchId, PauseId, ProjectId, TenantId},
    scope::{OfSystem, OfTenant},
    tables::queue_pause,
};

/// The longest reason of a pause, in characters.
pub const MAX_REASON_CHARS: usize = 1_000;

/// What is paused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PauseScope {
    /// The whole queue.
    Queue,
    /// One project.
    Project(TenantId, ProjectId),
}

impl PauseScope {
    fn project(self) -> Option<ProjectId> {
        match self {
            Self::Queue => None,
            Self::Project(_, project) => Some(project),
        }
    }

    fn filter(self) -> sea_orm::sea_query::SimpleExpr {
        match self.project() {
            None => queue_pause::Column::ProjectId.is_null(),
            Some(project) => queue_pause::Column::ProjectId.eq(project),
        }
    }
}

/// Pauses: from now on what waits is not begun. `false` if it is paused already.
pub async fn pause(
    db: &impl OfSystem,
    scope: PauseScope,
    reason: Option<&str>,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    if queue_pause::Entity::find().filter(scope.filter()).one(db).await?.is_some() {
        return Ok(false);
    }
    let tenant = match scope {
        PauseScope::Queue => None,
        PauseScope::Project(tenant, _) => Some(tenant),
    };
    let row = queue_pause::ActiveModel {
        id: Set(PauseId::generate()),
        tenant_id: Set(tenant),
        project_id: Set(scope.project()),
        reason: Set(reason.map(|text| text.chars().take(MAX_REASON_CHARS).collect())),
        created_at: Set(now),
    };
    match row.insert(db).await {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Ends a pause. `false` if there is none.
pub async fn resume(db: &impl OfSystem, scope: PauseScope) -> Result<bool, DbErr> {
    let deleted = queue_pause::Entity::delete_many().filter(scope.filter()).exec(db).await?;
    Ok(deleted.rows_affected > 0)
}

/// All pauses, the oldest first.
pub async fn pauses(db: &impl OfSystem) -> Result<Vec<queue_pause::Model>, DbErr> {
    queue_pause::Entity::find().order_by_asc(queue_pause::Column::CreatedAt).all(db).await
}

/// Whether syncs of a branch may not be begun.
pub async fn is_paused(db: &impl OfTenant, branch: BranchId) -> Result<bool, DbErr> {
    let statement = Statement::from_sql_and_values(
        db.get_database_backend(),
        "SELECT 1 AS one FROM queue_pauses p WHERE p.project_id IS NULL OR p.project_id = \
         (SELECT r.project_id FROM branches b JOIN repositories r ON r.id = b.repository_id WHERE b.id = $1 AND b.tenant_id = $2) LIMIT 1",
        [branch.into(), db.tenant().into()],
    );
    Ok(db.query_one_raw(statement).await?.is_some())
}
