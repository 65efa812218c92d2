//! Removing a branch's rows for good, when its project is deleted.

use sea_orm::{DbErr, Statement, TryGetable, Value};

use crate::scope::OfTenant;
use crate::{
    ids::BranchId,
    object::{ContentHash, ObjectId},
};

/// How many rows are removed at a time: enough that looking for the next ones costs little, below the bind limits.
const ROWS_AT_A_TIME: u64 = 5_000;

/// A table of temporal rows, the column by which its rows show a content, and the tables that hold that content by
/// another column.
struct Shown {
    table: &'static str,
    column: &'static str,
    contents: &'static [(&'static str, &'static str)],
}

const FILES: Shown = Shown {
    table: "repository_files",
    column: "blob_id",
    contents: &[("blob_contents", "blob_id"), ("file_blobs", "id")],
};
const MEMORY: Shown = Shown {
    table: "memory_entries",
    column: "content_hash",
    contents: &[("embeddings", "content_hash"), ("memory_contents", "hash")],
};

/// Removes all rows of a branch, whatever sync they are of, and the contents that nothing of the tenant shows any more.
/// No sync of the branch may run.
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
    Id: TryGetable + Into<Value> + Ord,
{
    let backend = transaction.get_database_backend();
    let Shown { table, column, contents } = shown;
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
        if ids.is_empty() {
            continue;
        }
        let list = (2..2 + ids.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let values: Vec<Value> =
            std::iter::once(transaction.tenant().into()).chain(ids.into_iter().map(Into::into)).collect();
        for (content, key) in *contents {
            let sql = format!(
                "DELETE FROM {content} WHERE tenant_id = $1 AND {key} IN ({list}) AND NOT EXISTS \
                 (SELECT 1 FROM {table} t WHERE t.{column} = {content}.{key} AND t.tenant_id = $1)"
            );
            transaction.execute_raw(Statement::from_sql_and_values(backend, sql, values.clone())).await?;
        }
    }
}
