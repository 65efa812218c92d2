//! What changed between two states of a branch, page by page: the database pairs and sorts, so that memory stays bounded
//! however much changed.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use super::{
    changes::{Change, ChangeKind, MemoryChange, MemoryChangeKind},
    state::{StateAt, begin_joining},
};
use crate::scope::TenantDb;
use crate::{
    memory_kind::MemoryKind,
    object::{FileMode, ObjectId},
};

#[derive(FromQueryResult)]
struct ChangeRow {
    path: Vec<u8>,
    from_path: Option<Vec<u8>>,
    old_mode: Option<FileMode>,
    old_object: Option<ObjectId>,
    new_mode: Option<FileMode>,
    new_object: Option<ObjectId>,
}

impl From<ChangeRow> for Change {
    fn from(row: ChangeRow) -> Self {
        let before = row.old_mode.zip(row.old_object);
        let after = row.new_mode.zip(row.new_object);
        let kind = match (row.from_path, before, after) {
            (Some(from), ..) => ChangeKind::Renamed { from },
            (None, None, _) => ChangeKind::Added,
            (None, _, None) => ChangeKind::Deleted,
            (None, Some(_), Some(_)) => ChangeKind::Modified,
        };
        Self { path: row.path, kind, before, after }
    }
}

#[derive(FromQueryResult)]
struct MemoryRow {
    entry_key: String,
    kind: MemoryKind,
    title: String,
    was: bool,
    is: bool,
}

impl From<MemoryRow> for MemoryChange {
    fn from(row: MemoryRow) -> Self {
        let change = match (row.was, row.is) {
            (false, _) => MemoryChangeKind::Created,
            (true, false) => MemoryChangeKind::Retired,
            (true, true) => MemoryChangeKind::Replaced,
        };
        Self { entry_key: row.entry_key, change, kind: row.kind, title: row.title }
    }
}

impl StateAt {
    /// A page of what [`Self::changes_to`] gives: the files that differ between this state and `other` (of the same
    /// branch) behind the path `after`, by path, at most `limit`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn changes_page(
        &self,
        db: &TenantDb,
        other: &StateAt,
        after: Option<&[u8]>,
        limit: u64,
    ) -> Result<Vec<Change>, DbErr> {
        let columns = "path, path_hash, mode, blob_id, coalesce(blob_id, submodule_id) AS object";
        let only = |name: &str, these: &str, those: &str| {
            format!(
                "{name} AS MATERIALIZED (SELECT t.*, row_number() OVER (PARTITION BY t.blob_id ORDER BY t.path) AS n \
                 FROM {these} t LEFT JOIN {those} o ON o.path_hash = t.path_hash WHERE o.path_hash IS NULL)"
            )
        };
        let (behind, value) = behind(after.map(|path| path.to_vec().into()), "path");
        // Renames are paired by content in the order of paths; what has no partner was added or deleted.
        let sql = format!(
            "WITH {}, {}, {}, changes AS ( \
             SELECT c.path, NULL AS from_path, g.mode AS old_mode, g.object AS old_object, c.mode AS new_mode, \
                 c.object AS new_object FROM came c JOIN gone g ON g.path_hash = c.path_hash \
                 WHERE g.mode <> c.mode OR g.object <> c.object \
             UNION ALL SELECT a.path, d.path, d.mode, d.object, a.mode, a.object \
                 FROM added a LEFT JOIN deleted d ON d.blob_id = a.blob_id AND d.n = a.n \
             UNION ALL SELECT d.path, NULL, d.mode, d.object, NULL, NULL \
                 FROM deleted d LEFT JOIN added a ON a.blob_id = d.blob_id AND a.n = d.n WHERE a.path IS NULL) \
             SELECT * FROM changes {behind} ORDER BY path LIMIT {limit}",
            self.sides(other, "repository_files", columns),
            only("added", "came", "gone"),
            only("deleted", "gone", "came"),
        );
        let values = std::iter::once(other.seq.into()).chain(value);
        let joining = begin_joining(db).await?;
        let statement = self.statement(db, sql, values);
        Ok(ChangeRow::find_by_statement(statement).all(&joining).await?.into_iter().map(Into::into).collect())
    }

    /// A page of what [`Self::memory_changes_to`] gives: behind the key `after`, by key, at most `limit`.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn memory_changes_page(
        &self,
        db: &TenantDb,
        other: &StateAt,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<MemoryChange>, DbErr> {
        let backend = db.get_database_backend();
        // By the bytes of the key, as SQLite compares anyway.
        let key = match backend {
            sea_orm::DbBackend::Sqlite => "entry_key",
            _ => "entry_key COLLATE \"C\"",
        };
        let (behind, value) = behind(after.map(Into::into), key);
        let sql = format!(
            "WITH {}, changes AS ( \
             SELECT c.entry_key, c.kind, c.title, g.key_hash IS NOT NULL AS was, TRUE AS \"is\" \
                 FROM came c LEFT JOIN gone g ON g.key_hash = c.key_hash \
                 WHERE g.key_hash IS NULL OR g.content_hash <> c.content_hash OR g.title <> c.title \
                 OR g.kind <> c.kind OR g.dated_at IS DISTINCT FROM c.dated_at \
             UNION ALL SELECT g.entry_key, g.kind, g.title, TRUE, FALSE \
                 FROM gone g LEFT JOIN came c ON c.key_hash = g.key_hash WHERE c.key_hash IS NULL) \
             SELECT * FROM changes {behind} ORDER BY {key} LIMIT {limit}",
            self.sides(other, "memory_entries", "entry_key, key_hash, kind, title, content_hash, dated_at")
        );
        let values = std::iter::once(other.seq.into()).chain(value);
        let joining = begin_joining(db).await?;
        let statement = self.statement(db, sql, values);
        Ok(MemoryRow::find_by_statement(statement).all(&joining).await?.into_iter().map(Into::into).collect())
    }

    /// The rows of `table` that only this state has (`gone`) and those that only `other` has (`came`), as the beginning
    /// of a query that binds `other`'s number as `$4`. Reads only rows that came or went between the two.
    fn sides(&self, other: &StateAt, table: &str, columns: &str) -> String {
        let later = |one: &str, two: &str| {
            format!("valid_from > {one} AND valid_from <= {two} AND (valid_to IS NULL OR valid_to > {two})")
        };
        let earlier =
            |one: &str, two: &str| format!("+valid_from <= {one} AND valid_to > {one} AND valid_to <= {two}");
        let (gone, came) = match self.seq < other.seq {
            true => (earlier("$2", "$4"), later("$2", "$4")),
            false => (later("$4", "$2"), earlier("$4", "$2")),
        };
        let side = |name: &str, between: &str| {
            format!(
                "{name} AS MATERIALIZED (SELECT {columns} FROM {table} WHERE branch_id = $1 AND tenant_id = $3 \
                 AND {between})"
            )
        };
        format!("{}, {}", side("gone", &gone), side("came", &came))
    }
}

/// The condition that keeps to what comes behind a value, and the value that it binds as `$5`.
fn behind(after: Option<Value>, column: &str) -> (String, Option<Value>) {
    match after {
        Some(value) => (format!("WHERE {column} > $5"), Some(value)),
        None => (String::new(), None),
    }
}
