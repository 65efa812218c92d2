//! Deleting a project with everything that is kept of it.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect, SqlErr, Statement,
};

use super::lock_branch;
use crate::{
    begin_write, credentials,
    ids::{BranchId, ProjectId, TenantId},
    status::SyncStatus,
    tables::{branch, project, project_sync, queue_pause, repository},
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
pub async fn delete(db: &DatabaseConnection, tenant: TenantId, id: ProjectId) -> Result<Deletion, DbErr> {
    let mut tries = 1;
    loop {
        let transaction = begin_write(db).await?;
        match delete_in(&transaction, tenant, id).await {
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

async fn delete_in(
    transaction: &DatabaseTransaction,
    tenant: TenantId,
    id: ProjectId,
) -> Result<Deletion, DbErr> {
    let mut find = project::Entity::find()
        .filter(project::Column::Id.eq(id))
        .filter(project::Column::TenantId.eq(tenant));
    let mut repositories = repository::Entity::find().filter(repository::Column::ProjectId.eq(id));
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
        temporal::remove_branch(transaction, tenant, *branch).await?;
        delete_syncs(transaction, *branch).await?;
    }
    queue_pause::Entity::delete_many()
        .filter(queue_pause::Column::ProjectId.eq(id))
        .exec(transaction)
        .await?;
    credentials::remove(transaction, tenant, id).await?;
    branch::Entity::delete_many().filter(branch::Column::Id.is_in(branches)).exec(transaction).await?;
    repository::Entity::delete_many().filter(repository::Column::ProjectId.eq(id)).exec(transaction).await?;
    project::Entity::delete_by_id(id).exec(transaction).await?;
    Ok(Deletion::Deleted)
}

async fn unfinished(
    db: &impl ConnectionTrait,
    branches: &[BranchId],
) -> Result<Option<project_sync::Model>, DbErr> {
    project_sync::Entity::find()
        .filter(project_sync::Column::BranchId.is_in(branches.iter().copied()))
        .filter(project_sync::Column::Status.is_in([SyncStatus::Pending, SyncStatus::Running]))
        .order_by_asc(project_sync::Column::Id)
        .limit(1)
        .one(db)
        .await
}

/// Deletes the history of a branch, whose head then stands before its first sync.
async fn delete_syncs(db: &impl ConnectionTrait, branch: BranchId) -> Result<(), DbErr> {
    for sql in [
        "UPDATE branches SET head_seq = 0, head_sync_id = NULL WHERE id = $1",
        "DELETE FROM dead_jobs WHERE sync_id IN (SELECT s.id FROM project_syncs s WHERE s.branch_id = $1)",
        "DELETE FROM sync_events WHERE sync_id IN (SELECT s.id FROM project_syncs s WHERE s.branch_id = $1)",
        "DELETE FROM project_syncs WHERE branch_id = $1",
    ] {
        let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [branch.into()]);
        db.execute_raw(statement).await?;
    }
    Ok(())
}
