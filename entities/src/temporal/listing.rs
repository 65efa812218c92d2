//! Reading files and directories of a state.

use std::collections::HashMap;

use futures::{Stream, StreamExt, TryStreamExt};
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, StreamTrait};

use super::state::{StateAt, placeholders};
use crate::scope::OfTenant;
use crate::{
    ids::BranchId,
    object::{FileMode, ObjectId, PathHash},
};

/// A file's row.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct FileRow {
    /// The row's id.
    pub id: i64,
    /// The path's bytes.
    pub path: Vec<u8>,
    /// The digest of the path.
    pub path_hash: PathHash,
    /// The digest of its directory's path.
    pub dir_hash: PathHash,
    /// The mode as the tree spells it.
    pub mode: FileMode,
    /// The content; none for a submodule.
    pub blob_id: Option<ObjectId>,
    /// The commit of a submodule.
    pub submodule_id: Option<ObjectId>,
}

impl FileRow {
    /// What the tree entry of this file points at.
    pub fn object_id(&self) -> Option<ObjectId> {
        self.blob_id.or(self.submodule_id)
    }
}

/// A directory's row.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct TreeRow {
    /// The row's id.
    pub id: i64,
    /// The path's bytes; the root is empty.
    pub path: Vec<u8>,
    /// The digest of the path.
    pub path_hash: PathHash,
    /// The digest of the directory's path that holds it; none for the root.
    pub dir_hash: Option<PathHash>,
    /// The tree that was proved for it.
    pub tree_id: ObjectId,
}

/// What stands directly in a directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Children {
    /// Its files.
    pub files: Vec<FileRow>,
    /// Its directories.
    pub trees: Vec<TreeRow>,
}

/// A file as it is listed for users.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct ListedFile {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// The mode as the tree spells it.
    pub mode: FileMode,
    /// The content; none for a submodule.
    pub blob_id: Option<ObjectId>,
    /// The commit of a submodule.
    pub submodule_id: Option<ObjectId>,
    /// The content's size in bytes; none for a submodule.
    pub size: Option<i64>,
    /// Whether the content is stored here (it is not if it is above the limit, and there is none for a submodule).
    pub stored: bool,
}

/// A file or directory met on a walk.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct WalkedEntry {
    /// The path's bytes.
    pub path: Vec<u8>,
    /// The mode as the tree spells it.
    pub mode: FileMode,
    /// The blob, the commit of a submodule, or the tree of a directory.
    pub object_id: ObjectId,
}

const FILE_COLUMNS: &str = "t.id, t.path, t.path_hash, t.dir_hash, t.mode, t.blob_id, t.submodule_id";
const TREE_COLUMNS: &str = "t.id, t.path, t.path_hash, t.dir_hash, t.tree_id";

impl StateAt {
    /// The files that stand directly in these directories (at most [`super::ROWS_PER_STATEMENT`] of them).
    async fn files_in(&self, db: &impl OfTenant, dirs: &[PathHash]) -> Result<Vec<FileRow>, DbErr> {
        if dirs.is_empty() {
            return Ok(Vec::new());
        }
        let condition = format!("t.dir_hash IN ({})", placeholders(dirs.len()));
        let sql = Self::rows("repository_files", FILE_COLUMNS, &condition);
        let values = dirs.iter().map(|dir| (*dir).into());
        FileRow::find_by_statement(self.statement(db, sql, values)).all(db).await
    }

    /// The directories that stand directly in these directories (at most [`super::ROWS_PER_STATEMENT`] of them).
    async fn trees_in(&self, db: &impl OfTenant, dirs: &[PathHash]) -> Result<Vec<TreeRow>, DbErr> {
        if dirs.is_empty() {
            return Ok(Vec::new());
        }
        let condition = format!("t.dir_hash IN ({})", placeholders(dirs.len()));
        let sql = Self::rows("repository_trees", TREE_COLUMNS, &condition);
        let values = dirs.iter().map(|dir| (*dir).into());
        TreeRow::find_by_statement(self.statement(db, sql, values)).all(db).await
    }

    /// What stands directly in each of these directories (at most [`super::ROWS_PER_STATEMENT`] of them), by the digest
    /// of the directory's path; those without rows are left out.
    pub async fn children_of(
        &self,
        db: &impl OfTenant,
        dirs: &[PathHash],
    ) -> Result<HashMap<PathHash, Children>, DbErr> {
        let mut children: HashMap<PathHash, Children> = HashMap::new();
        for file in self.files_in(db, dirs).await? {
            children.entry(file.dir_hash).or_default().files.push(file);
        }
        for tree in self.trees_in(db, dirs).await? {
            if let Some(dir_hash) = tree.dir_hash {
                children.entry(dir_hash).or_default().trees.push(tree);
            }
        }
        Ok(children)
    }

    /// The root directory's row, if the state has any rows.
    pub async fn root(&self, db: &impl OfTenant) -> Result<Option<TreeRow>, DbErr> {
        let sql = Self::rows("repository_trees", TREE_COLUMNS, "t.dir_hash IS NULL");
        TreeRow::find_by_statement(self.statement(db, sql, [])).one(db).await
    }

    /// A directory, anywhere in the states that the tenant keeps, whose tree is `tree`: the state to read it in and the
    /// digest of its path. Its entries need not be asked from the source again.
    pub async fn find_tree(db: &impl OfTenant, tree: ObjectId) -> Result<Option<(StateAt, PathHash)>, DbErr> {
        #[derive(FromQueryResult)]
        struct Found {
            branch_id: BranchId,
            path_hash: PathHash,
            valid_from: i64,
            kept_from: i64,
        }
        let statement = sea_orm::Statement::from_sql_and_values(
            db.get_database_backend(),
            "SELECT t.branch_id, t.path_hash, t.valid_from, b.kept_from FROM repository_trees t \
             JOIN branches b ON b.tenant_id = t.tenant_id AND b.id = t.branch_id \
             WHERE t.tenant_id = $1 AND t.tree_id = $2 AND t.valid_from <= b.head_seq \
             AND (t.valid_to IS NULL OR t.valid_to > b.kept_from) LIMIT 1",
            [db.tenant().into(), tree.into()],
        );
        let found = Found::find_by_statement(statement).one(db).await?;
        Ok(found.map(|found| {
            let Found { branch_id: branch, path_hash, valid_from, kept_from } = found;
            // Where it came with a sync that is forgotten, it is in the first state that is kept.
            let seq = valid_from.max(kept_from);
            (StateAt { branch, seq, kept_from }, path_hash)
        }))
    }

    /// All files ordered by the bytes of their paths, which is also the order of a walk through git's trees.
    pub async fn stream_files<'a, C>(
        &self,
        db: &'a C,
    ) -> Result<impl Stream<Item = Result<ListedFile, DbErr>> + 'a + use<'a, C>, DbErr>
    where
        C: OfTenant + StreamTrait,
    {
        let sql = format!(
            "SELECT t.path, t.mode, t.blob_id, t.submodule_id, b.size, \
             EXISTS (SELECT 1 FROM blob_contents c WHERE c.tenant_id = t.tenant_id AND c.blob_id = t.blob_id) AS stored \
             FROM ({}) t LEFT JOIN file_blobs b ON b.tenant_id = t.tenant_id AND b.id = t.blob_id ORDER BY t.path",
            Self::rows("repository_files", "t.tenant_id, t.path, t.mode, t.blob_id, t.submodule_id", "")
        );
        let rows = db.stream_raw(self.statement(db, sql, [])).await?;
        Ok(rows.map(|row| ListedFile::from_query_result(&row?, "")))
    }

    /// All files and, each before what stands in it, all directories but the root, in the order of git's trees.
    pub async fn stream_walk<'a, C>(
        &self,
        db: &'a C,
    ) -> Result<impl Stream<Item = Result<WalkedEntry, DbErr>> + 'a + use<'a, C>, DbErr>
    where
        C: OfTenant + StreamTrait,
    {
        let slash = match ConnectionTrait::get_database_backend(db) {
            sea_orm::DbBackend::Sqlite => "CAST(t.path || x'2f' AS BLOB)",
            _ => "t.path || '\\x2f'::bytea",
        };
        // A directory sorts as if its name ended in a slash, as git sorts it.
        let files = "t.path AS position, t.path, t.mode, coalesce(t.blob_id, t.submodule_id) AS object_id";
        let mode = FileMode::DIRECTORY.0;
        let trees = format!("{slash} AS position, t.path, {mode} AS mode, t.tree_id AS object_id");
        let sql = format!(
            "{} UNION ALL {} ORDER BY position",
            Self::rows("repository_files", files, ""),
            Self::rows("repository_trees", &trees, "t.dir_hash IS NOT NULL"),
        );
        let rows = db.stream_raw(self.statement(db, sql, [])).await?;
        Ok(rows.map(|row| WalkedEntry::from_query_result(&row?, "")))
    }

    /// Up to `limit` files after the row with id `after`, in the order of ids, of those that came with this very sync
    /// if `new_only`.
    pub async fn files_after(
        &self,
        db: &impl OfTenant,
        after: i64,
        limit: u64,
        new_only: bool,
    ) -> Result<Vec<FileRow>, DbErr> {
        let scope = if new_only {
            "t.branch_id = $1 AND t.valid_from = $2 AND t.valid_to IS NULL AND t.tenant_id = $3"
        } else {
            Self::HOLDS
        };
        // All rows of a state page by page: in the order of the table, since any index would be sorted for each page.
        let whole = !new_only && db.get_database_backend() == sea_orm::DbBackend::Sqlite;
        let not_indexed = if whole { "NOT INDEXED" } else { "" };
        let sql = format!(
            "SELECT {FILE_COLUMNS} FROM repository_files t {not_indexed} WHERE {scope} AND t.id > $4 \
             ORDER BY t.id LIMIT {limit}"
        );
        let statement = self.statement(db, sql, [after.into()]);
        FileRow::find_by_statement(statement).all(db).await
    }

    /// Collects [`Self::stream_files`]. For states known to be small.
    pub async fn all_files<C>(&self, db: &C) -> Result<Vec<ListedFile>, DbErr>
    where
        C: OfTenant + StreamTrait,
    {
        self.stream_files(db).await?.try_collect().await
    }
}
