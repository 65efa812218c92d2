//! Removing a branch's rows for good, when its project is deleted.

use sea_orm::{DbErr, Statement};

use super::forget::{ContentId, FILES, MEMORY, Shown};
use crate::{
    ids::BranchId,
    object::{ContentHash, ObjectId},
    scope::OfTenant,
};

/// How many rows are removed at a time: enough that looking for the next ones costs little, below the bind limits.
const ROWS_AT_A_TIME: u64 = 5_000;

/// Removes all rows of a branch, whatever sync they are of, and the contents that nothing of the tenant shows any more.
/// No sync of the branch may run. A content that a sync of another branch begins to show just now stays; if that sync
/// fails it is nobody's, until [`gc`](crate::gc) finds it.
pub(crate) async fn remove_branch(transaction: &impl OfTenant, branch: BranchId) -> Result<(), DbErr> {
    remove_shown::<ObjectId>(transaction, branch, &FILES).await?;
    remove_shown::<ContentHash>(transaction, branch, &MEMORY).await?;
    let table = "repository_trees";
    let sql = format!("DELETE FROM {table} WHERE branch_id = $1 AND tenant_id = $2");
    let values = [branch.into(), transaction.tenant().into()];
    transaction
        .execute_raw(Statement::from_sql_and_values(transaction.get_database_backend(), sql, values))
        .await?;
    Ok(())
}

/// Removes rows a few thousand at a time, so that memory stays bounded, and after each the contents that these rows
/// showed and no other row shows. The last row that shows a content takes it along.
async fn remove_shown<Id>(transaction: &impl OfTenant, branch: BranchId, shown: &Shown) -> Result<(), DbErr>
where
    Id: ContentId,
{
    let backend = transaction.get_database_backend();
    let Shown { table, column, .. } = shown;
    loop {
        let sql = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE branch_id = $1 AND tenant_id = $2 \
             LIMIT {ROWS_AT_A_TIME}) RETURNING {column} AS content"
        );
        let values = [branch.into(), transaction.tenant().into()];
        let removed = transaction.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
        if removed.is_empty() {
            return Ok(());
        }
        let mut ids = Vec::with_capacity(removed.len());
        for row in &removed {
            ids.extend(row.try_get::<Option<Id>>("", "content")?);
        }
        ids.sort_unstable();
        ids.dedup();
        shown.remove_unshown(transaction, &ids).await?;
    }
}
