//! Removing what no kept state shows: rows that ended before it, and contents that no row shows.
//!
//! A content is removed under a lock of its row that nobody can show it behind: whoever adds a row that shows it waits
//! for the lock, finds the content gone, and begins its transaction again; one that is being shown just now is passed
//! over. So locks of contents are never waited for here.

use std::marker::PhantomData;

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value};

use crate::{
    ids::BranchId,
    object::{ContentHash, ObjectId},
    scope::{OfTenant, TenantTx},
};

/// How many rows are removed in one transaction: a fraction of a second, for which a sync may have to wait.
const ROWS_AT_A_TIME: u64 = 5_000;

/// How many contents are removed in one transaction.
const CONTENTS_AT_A_TIME: u64 = 1_000;

/// The most branches that [`count_unshown_without`] tells apart: they are bound one by one.
pub(crate) const MAX_COUNTED_BRANCHES: usize = 5_000;

/// How many rows of temporal tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RowCounts {
    /// Of files.
    pub files: u64,
    /// Of directories.
    pub directories: u64,
    /// Of memory entries.
    pub memory: u64,
}

impl RowCounts {
    /// All of them.
    pub fn total(&self) -> u64 {
        self.files + self.directories + self.memory
    }
}

impl std::ops::AddAssign for RowCounts {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.directories += other.directories;
        self.memory += other.memory;
    }
}

/// How many contents that no row shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct UnshownCounts {
    /// Contents of files, by their git ids.
    pub blobs: u64,
    /// Texts of memory.
    pub texts: u64,
}

/// What a content is called: a git id or a digest.
pub(crate) trait ContentId: TryGetable + Into<Value> + Ord + Copy + Send + Sync {}
impl ContentId for ObjectId {}
impl ContentId for ContentHash {}

/// A table of temporal rows, the column by which its rows show a content, and the tables that hold that content by
/// another column: the last one holds its row, the others what hangs on it.
pub(super) struct Shown {
    pub(super) table: &'static str,
    pub(super) column: &'static str,
    parts: &'static [(&'static str, &'static str)],
    content: (&'static str, &'static str),
}

pub(super) const FILES: Shown = Shown {
    table: "repository_files",
    column: "blob_id",
    parts: &[("blob_contents", "blob_id")],
    content: ("file_blobs", "id"),
};
pub(super) const MEMORY: Shown = Shown {
    table: "memory_entries",
    column: "content_hash",
    parts: &[("embeddings", "content_hash")],
    content: ("memory_contents", "hash"),
};

impl Shown {
    /// That no row of the tenant, which is `$1`, shows the content with this id.
    fn nobody_shows(&self, id: &str) -> String {
        let Self { table, column, .. } = self;
        format!("NOT EXISTS (SELECT 1 FROM {table} t WHERE t.{column} = {id} AND t.tenant_id = $1)")
    }

    /// Removes those of these contents that nobody shows and nobody is about to show. Gives how many.
    pub(super) async fn remove_unshown<Id: ContentId>(
        &self,
        transaction: &impl OfTenant,
        ids: &[Id],
    ) -> Result<u64, DbErr> {
        let locked: Vec<Id> = self.lock_unshown(transaction, ids).await?;
        if locked.is_empty() {
            return Ok(0);
        }
        let mut removed = 0;
        // Asked again: what was shown just before it was locked is seen by a new statement only.
        for (table, key) in self.parts.iter().chain([&self.content]) {
            let sql = format!(
                "DELETE FROM {table} WHERE tenant_id = $1 AND {key} IN ({}) AND {}",
                list(2, locked.len()),
                self.nobody_shows(&format!("{table}.{key}"))
            );
            removed = transaction.execute_raw(statement(transaction, sql, &locked)).await?.rows_affected();
        }
        Ok(removed)
    }

    /// Locks those of these contents that nobody shows, but for those that somebody else has locked.
    async fn lock_unshown<Id: ContentId>(
        &self,
        transaction: &impl OfTenant,
        ids: &[Id],
    ) -> Result<Vec<Id>, DbErr> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let (table, key) = self.content;
        // SQLite's writers hold the only write lock already.
        let lock = match transaction.get_database_backend() {
            DbBackend::Sqlite => "",
            _ => "FOR UPDATE OF c SKIP LOCKED",
        };
        let sql = format!(
            "SELECT c.{key} AS content FROM {table} c WHERE c.tenant_id = $1 AND c.{key} IN ({}) AND {} \
             ORDER BY c.{key} {lock}",
            list(2, ids.len()),
            self.nobody_shows(&format!("c.{key}"))
        );
        contents(transaction.query_all_raw(statement(transaction, sql, ids)).await?)
    }

    /// Up to `limit` contents that nobody shows, behind this one, by id.
    async fn unshown<Id: ContentId>(
        &self,
        db: &impl OfTenant,
        after: Option<Id>,
        limit: u64,
    ) -> Result<Vec<Id>, DbErr> {
        let (table, key) = self.content;
        let behind = after.map(|_| format!("AND c.{key} > $2")).unwrap_or_default();
        let sql = format!(
            "SELECT c.{key} AS content FROM {table} c WHERE c.tenant_id = $1 {behind} AND {} \
             ORDER BY c.{key} LIMIT {limit}",
            self.nobody_shows(&format!("c.{key}"))
        );
        let after: Vec<Id> = after.into_iter().collect();
        contents(db.query_all_raw(statement(db, sql, &after)).await?)
    }

    /// How many contents nobody would show if rows were removed that ended before these syncs of these branches.
    async fn count_unshown_without(
        &self,
        db: &impl OfTenant,
        kept_from: &[(BranchId, i64)],
    ) -> Result<u64, DbErr> {
        let Self { table, column, content: (content, key), .. } = self;
        let places: Vec<String> =
            (0..kept_from.len()).map(|pair| format!("(${}, ${})", 2 + 2 * pair, 3 + 2 * pair)).collect();
        let (with, join, remains) = match places.is_empty() {
            true => (String::new(), "", ""),
            false => (
                format!("WITH kept (branch_id, kept_from) AS (VALUES {}) ", places.join(", ")),
                "LEFT JOIN kept k ON k.branch_id = t.branch_id",
                "AND (k.kept_from IS NULL OR t.valid_to IS NULL OR t.valid_to > k.kept_from)",
            ),
        };
        let sql = format!(
            "{with}SELECT count(*) AS n FROM {content} c WHERE c.tenant_id = $1 AND NOT EXISTS ( \
             SELECT 1 FROM {table} t {join} WHERE t.{column} = c.{key} AND t.tenant_id = $1 {remains})"
        );
        let pairs = kept_from.iter().flat_map(|(branch, seq)| [Value::from(*branch), Value::from(*seq)]);
        let values = std::iter::once(Value::from(db.tenant())).chain(pairs);
        count(db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?)
    }
}

/// A walk over the contents of a tenant that nobody shows.
pub(crate) struct Unshown<Id> {
    shown: &'static Shown,
    after: Option<Id>,
    is_done: bool,
    ids: PhantomData<Id>,
}

impl Unshown<ObjectId> {
    /// Over the contents of files.
    pub(crate) fn blobs() -> Self {
        Self { shown: &FILES, after: None, is_done: false, ids: PhantomData }
    }
}

impl Unshown<ContentHash> {
    /// Over the texts of memory.
    pub(crate) fn texts() -> Self {
        Self { shown: &MEMORY, after: None, is_done: false, ids: PhantomData }
    }
}

impl<Id: ContentId> Unshown<Id> {
    /// The next contents that nobody shows; none at the end.
    pub(crate) async fn next(&mut self, db: &impl OfTenant) -> Result<Vec<Id>, DbErr> {
        if self.is_done {
            return Ok(Vec::new());
        }
        let found = self.shown.unshown(db, self.after, CONTENTS_AT_A_TIME).await?;
        self.after = found.last().copied();
        self.is_done = (found.len() as u64) < CONTENTS_AT_A_TIME;
        Ok(found)
    }

    /// Removes those of them that nobody is about to show. Gives how many.
    pub(crate) async fn remove(&self, transaction: &TenantTx, ids: &[Id]) -> Result<u64, DbErr> {
        self.shown.remove_unshown(transaction, ids).await
    }
}

/// Removes some of the rows of a branch that ended with sync number `kept_from` or before: no state from there on shows
/// them. Nothing is left once nothing was removed.
pub(crate) async fn remove_forgotten(
    transaction: &TenantTx,
    branch: BranchId,
    kept_from: i64,
) -> Result<RowCounts, DbErr> {
    let mut removed = RowCounts::default();
    for (table, count) in tables(&mut removed) {
        let sql = format!(
            "DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE branch_id = $1 AND tenant_id = $2 \
             AND valid_to <= $3 LIMIT {ROWS_AT_A_TIME})"
        );
        let values = [branch.into(), transaction.tenant().into(), kept_from.into()];
        let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
        *count = transaction.execute_raw(statement).await?.rows_affected();
    }
    Ok(removed)
}

/// How many rows [`remove_forgotten`] would remove in all.
pub(crate) async fn count_forgotten(
    db: &impl OfTenant,
    branch: BranchId,
    kept_from: i64,
) -> Result<RowCounts, DbErr> {
    let mut counts = RowCounts::default();
    for (table, n) in tables(&mut counts) {
        let sql = format!(
            "SELECT count(*) AS n FROM {table} WHERE branch_id = $1 AND tenant_id = $2 AND valid_to <= $3"
        );
        let values = [branch.into(), db.tenant().into(), kept_from.into()];
        *n = count(
            db.query_one_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?,
        )?;
    }
    Ok(counts)
}

/// How many contents of the tenant nobody would show once rows were removed that ended before these syncs of these
/// branches. `None` if there are more than [`MAX_COUNTED_BRANCHES`].
pub(crate) async fn count_unshown_without(
    db: &impl OfTenant,
    kept_from: &[(BranchId, i64)],
) -> Result<Option<UnshownCounts>, DbErr> {
    if kept_from.len() > MAX_COUNTED_BRANCHES {
        return Ok(None);
    }
    let blobs = FILES.count_unshown_without(db, kept_from).await?;
    let texts = MEMORY.count_unshown_without(db, kept_from).await?;
    Ok(Some(UnshownCounts { blobs, texts }))
}

/// The temporal tables with the count of each.
fn tables(counts: &mut RowCounts) -> [(&'static str, &mut u64); 3] {
    let RowCounts { files, directories, memory } = counts;
    [("repository_files", files), ("repository_trees", directories), ("memory_entries", memory)]
}

/// A statement that binds the tenant as `$1`, then contents.
fn statement<Id: ContentId>(db: &impl OfTenant, sql: String, ids: &[Id]) -> Statement {
    let values = std::iter::once(db.tenant().into()).chain(ids.iter().map(|id| (*id).into()));
    Statement::from_sql_and_values(db.get_database_backend(), sql, values)
}

/// `$2, $3, …`: placeholders for `count` values from this one on.
fn list(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

fn contents<Id: ContentId>(rows: Vec<QueryResult>) -> Result<Vec<Id>, DbErr> {
    rows.iter().map(|row| row.try_get("", "content")).collect()
}

fn count(row: Option<QueryResult>) -> Result<u64, DbErr> {
    let n: i64 = row.map_or(Ok(0), |row| row.try_get("", "n"))?;
    Ok(n.unsigned_abs())
}
