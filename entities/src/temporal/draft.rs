//! Writing the state that a sync in progress will leave.

use sea_orm::{
    DbErr, EntityTrait, FromQueryResult, Set, Statement, TryInsertResult, Value, sea_query::OnConflict,
};

use super::{
    ROWS_PER_STATEMENT,
    state::{StateAt, hash_joins},
};
use crate::{
    deletion,
    ids::BranchId,
    memory_kind::MemoryKind,
    object::{ContentHash, FileMode, ObjectId, PathHash},
    scope::OfTenant,
    tables::{branch, memory_content, memory_entry, repository_file, repository_tree},
};

/// The state after a branch's head: what a sync in progress writes. Unseen until the head moves.
///
/// The caller opens the transactions and sees to it that no other sync of the branch writes at the same time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Draft {
    branch: BranchId,
    seq: i64,
    kept_from: i64,
}

/// A file to add to the draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewFile {
    /// The path's bytes, 1 to 16,384 of them.
    pub path: Vec<u8>,
    /// The digest of its directory's path.
    pub dir_hash: PathHash,
    /// The mode as the tree spells it.
    pub mode: FileMode,
    /// The blob, or the commit of a submodule.
    pub object_id: ObjectId,
}

/// A directory to add to the draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTree {
    /// The path's bytes; the root is empty.
    pub path: Vec<u8>,
    /// The digest of the directory's path that holds it; none for the root.
    pub dir_hash: Option<PathHash>,
    /// Its tree.
    pub tree_id: ObjectId,
}

/// A memory entry to add to the draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemoryEntryRow {
    /// What it is.
    pub kind: MemoryKind,
    /// What stays the same while its text changes.
    pub entry_key: String,
    /// The file that it was derived from.
    pub path: Vec<u8>,
    /// Its title.
    pub title: String,
    /// The headings above it and its own.
    pub heading_path: Vec<String>,
    /// The date that it bears.
    pub dated_at: Option<chrono::DateTime<chrono::Utc>>,
    /// Its text.
    pub body: String,
}

/// How many rows an operation over all tables closed and opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ClosedCounts {
    /// Rows that no longer hold.
    pub closed: u64,
    /// Rows that hold from now on.
    pub opened: u64,
}

/// The temporal tables, with the columns that make up a row apart from its validity.
const TABLES: [(&str, &str); 3] = [
    ("repository_files", "tenant_id, branch_id, path, path_hash, dir_hash, mode, blob_id, submodule_id"),
    ("repository_trees", "tenant_id, branch_id, path, path_hash, dir_hash, tree_id"),
    (
        "memory_entries",
        "tenant_id, branch_id, kind, entry_key, key_hash, path, path_hash, title, heading_path, dated_at, content_hash",
    ),
];

impl Draft {
    /// The draft of the sync that follows the branch's head.
    pub fn after_head(branch: &branch::Model) -> Self {
        Self { branch: branch.id, seq: branch.head_seq + 1, kept_from: branch.kept_from }
    }

    /// The number that the sync will have.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The state as drafted so far: for the pipeline and its proof only.
    pub fn state(&self) -> StateAt {
        let Self { branch, seq, kept_from } = *self;
        StateAt { branch, seq, kept_from }
    }

    fn statement(&self, db: &impl OfTenant, sql: String, more: impl IntoIterator<Item = Value>) -> Statement {
        self.state().statement(db, sql, more)
    }

    async fn execute(&self, db: &impl OfTenant, sql: String) -> Result<u64, DbErr> {
        let statement = self.statement(db, sql, []);
        Ok(db.execute_raw(statement).await?.rows_affected())
    }

    /// Undoes what an interrupted sync left: its rows go, what it closed is open again. Nothing visible changes.
    pub async fn sweep(&self, db: &impl OfTenant) -> Result<(), DbErr> {
        if !self.is_begun(db).await? {
            return Ok(());
        }
        for (table, _) in TABLES {
            let sql =
                format!("DELETE FROM {table} WHERE branch_id = $1 AND valid_from >= $2 AND tenant_id = $3");
            deletion::announced(db, self.execute(db, sql)).await?;
            self.execute(
                db,
                format!(
                    "UPDATE {table} SET valid_to = NULL WHERE branch_id = $1 AND valid_to >= $2 AND tenant_id = $3"
                ),
            )
            .await?;
        }
        Ok(())
    }

    /// Whether there is anything to sweep, with one look: mostly there is nothing, and sweeping takes many statements.
    async fn is_begun(&self, db: &impl OfTenant) -> Result<bool, DbErr> {
        Ok(db.query_one_raw(self.statement(db, Self::look(), [])).await?.is_some())
    }

    /// The query for a sign of a draft.
    pub(super) fn look() -> String {
        let looks = TABLES.iter().flat_map(|(table, _)| {
            ["valid_from", "valid_to"].map(|column| {
                // Ordered, so that Postgres takes the index however many rows it guesses: there are none.
                format!(
                    "(SELECT {column} FROM {table} WHERE branch_id = $1 AND {column} >= $2 AND tenant_id = $3 \
                     ORDER BY {column} DESC LIMIT 1)"
                )
            })
        });
        let looks: Vec<String> = looks.collect();
        format!("SELECT 1 AS one WHERE coalesce({}) IS NOT NULL", looks.join(", "))
    }

    /// Closes files by row id.
    pub async fn close_files(&self, db: &impl OfTenant, ids: &[i64]) -> Result<u64, DbErr> {
        self.close(db, "repository_files", ids).await
    }

    /// Closes directories by row id.
    pub async fn close_trees(&self, db: &impl OfTenant, ids: &[i64]) -> Result<u64, DbErr> {
        self.close(db, "repository_trees", ids).await
    }

    /// Closes memory entries by row id. An entry that this very draft made is removed instead.
    pub async fn close_entries(&self, db: &impl OfTenant, ids: &[i64]) -> Result<u64, DbErr> {
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let sql = format!(
                "DELETE FROM memory_entries WHERE branch_id = $1 AND valid_from = $2 AND tenant_id = $3 AND id IN ({})",
                id_list(chunk)
            );
            deletion::announced(db, self.execute(db, sql)).await?;
        }
        self.close(db, "memory_entries", ids).await
    }

    async fn close(&self, db: &impl OfTenant, table: &str, ids: &[i64]) -> Result<u64, DbErr> {
        let mut closed = 0;
        for chunk in ids.chunks(ROWS_PER_STATEMENT) {
            let sql = format!(
                "UPDATE {table} SET valid_to = $2 WHERE branch_id = $1 AND tenant_id = $3 AND valid_to IS NULL \
                 AND id IN ({})",
                id_list(chunk)
            );
            closed += self.execute(db, sql).await?;
        }
        Ok(closed)
    }

    /// Adds files. Their blobs must be known ([`crate::blobs::insert_known`]).
    pub async fn add_files(&self, db: &impl OfTenant, files: &[NewFile]) -> Result<(), DbErr> {
        for chunk in files.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk.iter().map(|file| {
                let is_submodule = file.mode.is_submodule();
                repository_file::ActiveModel {
                    tenant_id: Set(db.tenant()),
                    branch_id: Set(self.branch),
                    path: Set(file.path.clone()),
                    path_hash: Set(PathHash::of(&file.path)),
                    dir_hash: Set(file.dir_hash),
                    mode: Set(file.mode),
                    blob_id: Set((!is_submodule).then_some(file.object_id)),
                    submodule_id: Set(is_submodule.then_some(file.object_id)),
                    valid_from: Set(self.seq),
                    ..Default::default()
                }
            });
            repository_file::Entity::insert_many(rows).exec_without_returning(db).await?;
        }
        Ok(())
    }

    /// Adds directories.
    pub async fn add_trees(&self, db: &impl OfTenant, trees: &[NewTree]) -> Result<(), DbErr> {
        for chunk in trees.chunks(ROWS_PER_STATEMENT) {
            let rows = chunk.iter().map(|tree| repository_tree::ActiveModel {
                tenant_id: Set(db.tenant()),
                branch_id: Set(self.branch),
                path: Set(tree.path.clone()),
                path_hash: Set(PathHash::of(&tree.path)),
                dir_hash: Set(tree.dir_hash),
                tree_id: Set(tree.tree_id),
                valid_from: Set(self.seq),
                ..Default::default()
            });
            repository_tree::Entity::insert_many(rows).exec_without_returning(db).await?;
        }
        Ok(())
    }

    /// Adds memory entries and the texts that are not stored yet.
    pub async fn add_entries(&self, db: &impl OfTenant, entries: &[MemoryEntryRow]) -> Result<(), DbErr> {
        for chunk in entries.chunks(ROWS_PER_STATEMENT) {
            let hashes: Vec<ContentHash> = chunk.iter().map(|entry| ContentHash::of(&entry.body)).collect();
            let contents = chunk.iter().zip(&hashes).map(|(entry, hash)| memory_content::ActiveModel {
                tenant_id: Set(db.tenant()),
                hash: Set(*hash),
                body: Set(entry.body.clone()),
                ..Default::default()
            });
            let known = OnConflict::columns([memory_content::Column::TenantId, memory_content::Column::Hash])
                .do_nothing()
                .to_owned();
            let inserted: TryInsertResult<u64> = memory_content::Entity::insert_many(contents)
                .on_conflict(known)
                .try_insert()
                .exec_without_returning(db)
                .await?;
            tracing::trace!(?inserted, "texts of memory entries");
            let rows = chunk.iter().zip(&hashes).map(|(entry, hash)| memory_entry::ActiveModel {
                tenant_id: Set(db.tenant()),
                branch_id: Set(self.branch),
                kind: Set(entry.kind),
                entry_key: Set(entry.entry_key.clone()),
                key_hash: Set(PathHash::of(entry.entry_key.as_bytes())),
                path: Set(entry.path.clone()),
                path_hash: Set(PathHash::of(&entry.path)),
                title: Set(entry.title.clone()),
                heading_path: Set(entry.heading_path.clone().into()),
                dated_at: Set(entry.dated_at),
                content_hash: Set(*hash),
                valid_from: Set(self.seq),
                ..Default::default()
            });
            memory_entry::Entity::insert_many(rows).exec_without_returning(db).await?;
        }
        Ok(())
    }

    /// Closes the memory of files that this draft deleted.
    pub async fn close_entries_of_deleted_files(&self, db: &impl OfTenant) -> Result<u64, DbErr> {
        let sql = "UPDATE memory_entries SET valid_to = $2 WHERE branch_id = $1 AND tenant_id = $3 \
             AND valid_to IS NULL AND path_hash IN (SELECT f.path_hash FROM repository_files f \
                WHERE f.branch_id = $1 AND f.valid_to = $2 AND f.tenant_id = $3 AND NOT EXISTS ( \
                    SELECT 1 FROM repository_files o WHERE o.branch_id = $1 AND o.path_hash = f.path_hash \
                    AND o.valid_to IS NULL AND o.tenant_id = $3))";
        hash_joins(db, true).await?;
        let closed = self.execute(db, sql.to_owned()).await?;
        hash_joins(db, false).await?;
        Ok(closed)
    }

    /// Drafts the state at `target`, an earlier one of the same branch: closes what came since, reopens (as new rows)
    /// what was closed since. Gives the counts for files, directories and memory entries, in this order.
    pub async fn restore(&self, db: &impl OfTenant, target: StateAt) -> Result<[ClosedCounts; 3], DbErr> {
        let mut counts = [ClosedCounts::default(); 3];
        for ((table, columns), count) in TABLES.into_iter().zip(&mut counts) {
            let sql = format!(
                "UPDATE {table} SET valid_to = $2 WHERE branch_id = $1 AND tenant_id = $3 AND valid_to IS NULL \
                 AND valid_from > $4"
            );
            let statement = self.statement(db, sql, [target.seq.into()]);
            count.closed = db.execute_raw(statement).await?.rows_affected();
            let sql = format!(
                "INSERT INTO {table} ({columns}, valid_from) SELECT {columns}, $2 FROM {table} \
                 WHERE branch_id = $1 AND tenant_id = $3 AND +valid_from <= $4 AND valid_to > $4 AND valid_to < $2"
            );
            let statement = self.statement(db, sql, [target.seq.into()]);
            count.opened = db.execute_raw(statement).await?.rows_affected();
        }
        Ok(counts)
    }

    /// How many memory entries the draft made and superseded.
    pub async fn count_entries(&self, db: &impl OfTenant) -> Result<(i64, i64), DbErr> {
        let sql = "SELECT \
            (SELECT count(*) FROM memory_entries WHERE branch_id = $1 AND valid_from = $2 AND tenant_id = $3) AS created, \
            (SELECT count(*) FROM memory_entries WHERE branch_id = $1 AND valid_to = $2 AND tenant_id = $3) AS superseded";
        let statement = self.statement(db, sql.to_owned(), []);
        match db.query_one_raw(statement).await? {
            Some(row) => Ok((row.try_get("", "created")?, row.try_get("", "superseded")?)),
            None => Ok((0, 0)),
        }
    }

    /// Up to `limit` directories of this draft after the row with id `after`, in the order of ids: what a proof checks.
    pub async fn drafted_trees(
        &self,
        db: &impl OfTenant,
        after: i64,
        limit: u64,
    ) -> Result<Vec<super::TreeRow>, DbErr> {
        let sql = format!(
            "SELECT t.id, t.path, t.path_hash, t.dir_hash, t.tree_id FROM repository_trees t \
             WHERE t.branch_id = $1 AND t.valid_from = $2 AND t.tenant_id = $3 AND t.id > $4 ORDER BY t.id LIMIT {limit}"
        );
        let statement = self.statement(db, sql, [after.into()]);
        super::TreeRow::find_by_statement(statement).all(db).await
    }
}

/// Row ids as an SQL list. They are numbers of ours, so nothing needs binding.
fn id_list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
