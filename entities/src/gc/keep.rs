//! From which sync on the states of a branch are kept.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, Statement, sea_query::Expr};

use super::{Retention, days_before};
use crate::{
    projects,
    scope::{OfTenant, Scoped, TenantDb},
    tables::branch,
};

/// The number of the first sync whose state is to be kept.
pub(super) async fn keep_from(
    db: &impl OfTenant,
    branch: &branch::Model,
    retention: Retention,
    now: DateTime<Utc>,
) -> Result<i64, DbErr> {
    if retention.keeps_all() || branch.head_seq <= branch.kept_from {
        return Ok(branch.kept_from);
    }
    let by_count = match retention.keep_syncs {
        0 => None,
        count => Some(branch.head_seq.saturating_sub(i64::try_from(count).unwrap_or(i64::MAX)) + 1),
    };
    let by_age = match (retention.keep_days, days_before(now, retention.keep_days)) {
        (0, _) => None,
        // Longer ago than there were days.
        (_, None) => Some(1),
        (_, Some(since)) => Some(first_since(db, branch, since).await?.unwrap_or(branch.head_seq)),
    };
    let to_restore = first_to_restore(db, branch).await?;
    let wanted = [by_count, by_age, to_restore].into_iter().flatten().min().unwrap_or(1);
    Ok(wanted.min(branch.head_seq).max(branch.kept_from))
}

/// Forgets the states of a branch. Gives how many.
pub(super) async fn forget(
    db: &TenantDb,
    branch: &branch::Model,
    retention: Retention,
    now: DateTime<Utc>,
) -> Result<i64, DbErr> {
    if keep_from(db, branch, retention, now).await? == branch.kept_from {
        return Ok(0);
    }
    // Under the lock nobody asks for a restore to what is forgotten just now: whoever did is seen.
    let transaction = db.begin_write().await?;
    projects::lock_branch(&transaction, branch.id).await?;
    let Some(branch) = projects::branch(&transaction, branch.id).await? else { return Ok(0) };
    let keep_from = keep_from(&transaction, &branch, retention, now).await?;
    branch::Entity::update_many()
        .col_expr(branch::Column::KeptFrom, Expr::value(keep_from))
        .filter(transaction.only(branch::Column::TenantId))
        .filter(branch::Column::Id.eq(branch.id))
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(keep_from - branch.kept_from)
}

/// The number of the first sync that completed since then.
async fn first_since(
    db: &impl OfTenant,
    branch: &branch::Model,
    since: DateTime<Utc>,
) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT min(seq) AS seq FROM project_syncs WHERE branch_id = $1 AND tenant_id = $2 \
               AND status = 'completed' AND finished_at >= $3";
    let values = [branch.id.into(), db.tenant().into(), since.into()];
    number(db, Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}

/// The number of the first sync that one which has not ended is to restore.
async fn first_to_restore(db: &impl OfTenant, branch: &branch::Model) -> Result<Option<i64>, DbErr> {
    let sql = "SELECT min(restore_seq) AS seq FROM project_syncs WHERE branch_id = $1 AND tenant_id = $2 \
               AND status IN ('pending', 'running')";
    let values = [branch.id.into(), db.tenant().into()];
    number(db, Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}

async fn number(db: &impl OfTenant, statement: Statement) -> Result<Option<i64>, DbErr> {
    db.query_one_raw(statement).await?.map_or(Ok(None), |row| row.try_get("", "seq"))
}
