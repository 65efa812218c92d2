//! Deleting a project with everything that is kept of it.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    SqlErr, Statement,
};

use super::lock_branch;
use crate::{
    deletion,
    ids::{BranchId, ProjectId},
    scope::{OfTenant, Scoped, TenantDb, TenantTx},
    status::SyncStatus,
    tables::{branch, project, project_sync, repository},
    temporal,
};

/// How often a deletion is tried: a sync of another project may begin to show a content just while it is removed.
const MAX_TRIES: u32 = 3;

/// What came of deleting a project.
#[derive(Clone, PartialEq, Debug)]
pub enum Deletion {
    /// Nothing of it is left.
    Deleted,
    /// There is no such project (any more).
    NotFound,
    /// This sync of it has not ended: nothing was deleted.
    Busy(Box<project_sync::Model>),
}

/// Deletes a project in one transaction: its syncs and their events, files, directories and memory, and the contents
/// that no other project of the tenant shows.
///
/// # Errors
/// If the database is away.
pub async fn delete(db: &TenantDb, id: ProjectId) -> Result<Deletion, DbErr> {
    let mut tries = 1;
    loop {
        let transaction = db.begin_write().await?;
        match deletion::announced(&transaction, delete_in(&transaction, id)).await {
            Ok(Deletion::Deleted) => match transaction.commit().await {
                Err(error) if tries < MAX_TRIES && is_foreign_key(&error) => tries += 1,
                result => return result.map(|()| Deletion::Deleted),
            },
            Err(error) if tries < MAX_TRIES && is_foreign_key(&error) => {
                transaction.rollback().await?;
                tries += 1;
            }
            other => {
                transaction.rollback().await?;
                return other;
            }
        }
    }
}

fn is_foreign_key(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_)))
}

async fn delete_in(transaction: &TenantTx, id: ProjectId) -> Result<Deletion, DbErr> {
    let mut find = project::Entity::find()
        .filter(project::Column::Id.eq(id))
        .filter(transaction.only(project::Column::TenantId));
    let mut repositories = repository::Entity::find()
        .filter(transaction.only(repository::Column::TenantId))
        .filter(repository::Column::ProjectId.eq(id));
    if transaction.get_database_backend() != DbBackend::Sqlite {
        // No branch of it can be made from here on.
        find = find.lock_exclusive();
        repositories = repositories.lock_exclusive();
    }
    if find.one(transaction).await?.is_none() {
        return Ok(Deletion::NotFound);
    }
    let repositories: Vec<_> = repositories.all(transaction).await?.into_iter().map(|row| row.id).collect();
    let branches: Vec<BranchId> = branch::Entity::find()
        .filter(transaction.only(branch::Column::TenantId))
        .filter(branch::Column::RepositoryId.is_in(repositories))
        .order_by_asc(branch::Column::Id)
        .all(transaction)
        .await?
        .into_iter()
        .map(|row| row.id)
        .collect();
    for branch in &branches {
        lock_branch(transaction, *branch).await?;
    }
    if let Some(sync) = unfinished(transaction, &branches).await? {
        return Ok(Deletion::Busy(Box::new(sync)));
    }
    for branch in &branches {
        temporal::remove_branch(transaction, *branch).await?;
        delete_syncs(transaction, *branch).await?;
    }
    branch::Entity::delete_many()
        .filter(transaction.only(branch::Column::TenantId))
        .filter(branch::Column::Id.is_in(branches))
        .exec(transaction)
        .await?;
    remove_deliveries(transaction, id).await?;
    for (table, column) in [
        ("webhooks", "project_id"),
        ("queue_pauses", "project_id"),
        ("project_credentials", "project_id"),
        ("hook_deliveries", "project_id"),
        ("project_hooks", "project_id"),
        ("schedules", "project_id"),
        ("polls", "project_id"),
        ("api_tokens", "project_id"),
        ("repositories", "project_id"),
        ("projects", "id"),
    ] {
        let sql = format!("DELETE FROM {table} WHERE {column} = $1 AND tenant_id = $2");
        let values = [id.into(), transaction.tenant().into()];
        let backend = transaction.get_database_backend();
        transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
    Ok(Deletion::Deleted)
}

/// What was to be told of this project alone. What happened before is told to all others.
async fn remove_deliveries(transaction: &TenantTx, id: ProjectId) -> Result<(), DbErr> {
    let sql = "DELETE FROM webhook_deliveries WHERE tenant_id = $2 AND webhook_id IN \
               (SELECT w.id FROM webhooks w WHERE w.project_id = $1 AND w.tenant_id = $2)";
    let values = [id.into(), transaction.tenant().into()];
    let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
    transaction.execute_raw(statement).await?;
    Ok(())
}

async fn unfinished(db: &impl OfTenant, branches: &[BranchId]) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(db.only(project_sync::Column::TenantId))
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .filter(project_sync::Column::Status.is_in([SyncStatus::Pending, SyncStatus::Running]))
        .order_by_asc(project_sync::Column::Id)
        .limit(1)
        .one(db)
        .await
}

/// Deletes the history of a branch, whose head then stands before its first sync.
async fn delete_syncs(db: &impl OfTenant, branch: BranchId) -> Result<(), DbErr> {
    let of_branch =
        "sync_id IN (SELECT s.id FROM project_syncs s WHERE s.branch_id = $1 AND s.tenant_id = $2)";
    for sql in [
        "UPDATE branches SET head_seq = 0, head_sync_id = NULL WHERE id = $1 AND tenant_id = $2",
        &format!("DELETE FROM dead_jobs WHERE {of_branch}"),
        &format!("DELETE FROM sync_events WHERE {of_branch}"),
        "DELETE FROM project_syncs WHERE branch_id = $1 AND tenant_id = $2",
    ] {
        let values = [branch.into(), db.tenant().into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
        db.execute_raw(statement).await?;
    }
    Ok(())
}
