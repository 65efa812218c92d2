//! What changed between two states of a branch.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};

use super::state::{StateAt, begin_joining};
use crate::scope::{OfTenant, TenantDb};
use crate::{
    memory_kind::MemoryKind,
    object::{ContentHash, FileMode, ObjectId},
};

/// How a file changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    /// It was not there before.
    Added,
    /// It is gone.
    Deleted,
    /// Its content, mode or kind changed.
    Modified,
    /// It came from another path with the same content.
    Renamed {
        /// The path that it had.
        from: Vec<u8>,
    },
}

/// A file that changed, with what it was and what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The path's bytes; of a renamed file, the new one.
    pub path: Vec<u8>,
    /// How it changed.
    pub kind: ChangeKind,
    /// Mode and object before.
    pub before: Option<(FileMode, ObjectId)>,
    /// Mode and object after.
    pub after: Option<(FileMode, ObjectId)>,
}

/// How a memory entry changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemoryChangeKind {
    /// There was no entry of this key.
    Created,
    /// There is no entry of this key any more.
    Retired,
    /// Its text, title or date changed.
    Replaced,
}

/// A memory entry that changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemoryChange {
    /// The entry's key.
    pub entry_key: String,
    /// How it changed.
    pub change: MemoryChangeKind,
    /// What it is.
    pub kind: MemoryKind,
    /// Its title, the newer one if there are two.
    pub title: String,
}

/// How many files differ between two states.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, FromQueryResult)]
pub struct ChangeCounts {
    /// Files at paths where there was none.
    pub added: i64,
    /// Files whose content, mode or kind differs.
    pub modified: i64,
    /// Files whose path has none any more.
    pub deleted: i64,
}

#[derive(FromQueryResult)]
struct FileVersion {
    path: Vec<u8>,
    mode: FileMode,
    blob_id: Option<ObjectId>,
    submodule_id: Option<ObjectId>,
}

impl FileVersion {
    fn identity(&self) -> (FileMode, ObjectId) {
        let object = self.blob_id.or(self.submodule_id).unwrap_or(ObjectId([0; 20]));
        (self.mode, object)
    }
}

#[derive(FromQueryResult)]
struct EntryVersion {
    entry_key: String,
    kind: MemoryKind,
    title: String,
    content_hash: ContentHash,
    dated_at: Option<chrono::DateTime<chrono::Utc>>,
}

impl StateAt {
    /// The files that differ between this state and `other` (of the same branch), by path. Holds all of them in memory.
    pub async fn changes_to(&self, db: &impl OfTenant, other: &StateAt) -> Result<Vec<Change>, DbErr> {
        let columns = "path, mode, blob_id, submodule_id";
        let gone: Vec<FileVersion> = self.not_in(db, other, "repository_files", columns).await?;
        let came: Vec<FileVersion> = other.not_in(db, self, "repository_files", columns).await?;
        Ok(pair(gone, came))
    }

    /// The memory entries that differ between this state and `other` (of the same branch), by key.
    pub async fn memory_changes_to(
        &self,
        db: &impl OfTenant,
        other: &StateAt,
    ) -> Result<Vec<MemoryChange>, DbErr> {
        let columns = "entry_key, kind, title, content_hash, dated_at";
        let gone: Vec<EntryVersion> = self.not_in(db, other, "memory_entries", columns).await?;
        let came: Vec<EntryVersion> = other.not_in(db, self, "memory_entries", columns).await?;
        let mut before: BTreeMap<String, EntryVersion> =
            gone.into_iter().map(|entry| (entry.entry_key.clone(), entry)).collect();
        let mut changes = Vec::with_capacity(before.len() + came.len());
        for entry in came {
            let change = match before.remove(&entry.entry_key) {
                None => MemoryChangeKind::Created,
                Some(old)
                    if old.content_hash == entry.content_hash
                        && old.title == entry.title
                        && old.dated_at == entry.dated_at
                        && old.kind == entry.kind =>
                {
                    continue;
                }
                Some(_) => MemoryChangeKind::Replaced,
            };
            changes.push(MemoryChange {
                entry_key: entry.entry_key,
                change,
                kind: entry.kind,
                title: entry.title,
            });
        }
        changes.extend(before.into_values().map(|entry| MemoryChange {
            entry_key: entry.entry_key,
            change: MemoryChangeKind::Retired,
            kind: entry.kind,
            title: entry.title,
        }));
        changes.sort_by(|a, b| a.entry_key.cmp(&b.entry_key));
        Ok(changes)
    }

    /// The rows of this state that `other` does not have. Reads only rows that came or went between the two.
    async fn not_in<T: FromQueryResult>(
        &self,
        db: &impl OfTenant,
        other: &StateAt,
        table: &str,
        columns: &str,
    ) -> Result<Vec<T>, DbErr> {
        let between = if self.seq < other.seq {
            "+valid_from <= $2 AND valid_to > $2 AND valid_to <= $4"
        } else {
            "valid_from > $4 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2)"
        };
        let sql =
            format!("SELECT {columns} FROM {table} WHERE branch_id = $1 AND tenant_id = $3 AND {between}");
        T::find_by_statement(self.statement(db, sql, [other.seq.into()])).all(db).await
    }

    /// How many files differ between this state and `later`, the one after it. A rename is one added and one deleted.
    pub async fn count_changes_to(&self, db: &TenantDb, later: &StateAt) -> Result<ChangeCounts, DbErr> {
        let sql = "WITH opened AS MATERIALIZED ( \
                SELECT path_hash, mode, coalesce(blob_id, submodule_id) AS object FROM repository_files \
                WHERE branch_id = $1 AND valid_from = $4 AND tenant_id = $3), \
            closed AS MATERIALIZED ( \
                SELECT path_hash, mode, coalesce(blob_id, submodule_id) AS object FROM repository_files \
                WHERE branch_id = $1 AND valid_to = $4 AND tenant_id = $3 AND +valid_from <= $2) \
            SELECT \
            (SELECT count(*) FROM opened o LEFT JOIN closed c ON c.path_hash = o.path_hash \
                WHERE c.path_hash IS NULL) AS added, \
            (SELECT count(*) FROM opened o JOIN closed c ON c.path_hash = o.path_hash \
                WHERE c.mode <> o.mode OR c.object <> o.object) AS modified, \
            (SELECT count(*) FROM closed c LEFT JOIN opened o ON o.path_hash = c.path_hash \
                WHERE o.path_hash IS NULL) AS deleted";
        let joining = begin_joining(db).await?;
        let statement = self.statement(db, sql.to_owned(), [later.seq.into()]);
        Ok(ChangeCounts::find_by_statement(statement).one(&joining).await?.unwrap_or_default())
    }

    /// How many files of `self` went away and came up elsewhere with the same content at `later`, the state after it.
    pub async fn count_renames_to(&self, db: &TenantDb, later: &StateAt) -> Result<i64, DbErr> {
        // Both sides are small sets found by index; MATERIALIZED lets SQLite join them by an index of its own making.
        let sql = "WITH opened AS MATERIALIZED ( \
                SELECT path_hash, blob_id FROM repository_files \
                WHERE branch_id = $1 AND valid_from = $4 AND tenant_id = $3), \
            closed AS MATERIALIZED ( \
                SELECT path_hash, blob_id FROM repository_files \
                WHERE branch_id = $1 AND valid_to = $4 AND tenant_id = $3 AND +valid_from <= $2), \
            added AS MATERIALIZED ( \
                SELECT o.blob_id, count(*) AS n FROM opened o LEFT JOIN closed c ON c.path_hash = o.path_hash \
                WHERE c.path_hash IS NULL AND o.blob_id IS NOT NULL GROUP BY o.blob_id), \
            deleted AS MATERIALIZED ( \
                SELECT c.blob_id, count(*) AS n FROM closed c LEFT JOIN opened o ON o.path_hash = c.path_hash \
                WHERE o.path_hash IS NULL AND c.blob_id IS NOT NULL GROUP BY c.blob_id) \
            SELECT CAST(coalesce(sum(CASE WHEN a.n < d.n THEN a.n ELSE d.n END), 0) AS bigint) AS n \
            FROM added a JOIN deleted d ON d.blob_id = a.blob_id";
        let joining = begin_joining(db).await?;
        let statement = self.statement(db, sql.to_owned(), [later.seq.into()]);
        joining.query_one_raw(statement).await?.map_or(Ok(0), |row| row.try_get("", "n"))
    }
}

/// Pairs what went with what came: by path, then the rest by content.
fn pair(gone: Vec<FileVersion>, came: Vec<FileVersion>) -> Vec<Change> {
    let mut before: BTreeMap<Vec<u8>, FileVersion> =
        gone.into_iter().map(|file| (file.path.clone(), file)).collect();
    let mut changes = Vec::with_capacity(before.len() + came.len());
    let mut added = Vec::new();
    for file in came {
        match before.remove(&file.path) {
            None => added.push(file),
            Some(old) if old.identity() == file.identity() => {}
            Some(old) => changes.push(Change {
                kind: ChangeKind::Modified,
                before: Some(old.identity()),
                after: Some(file.identity()),
                path: file.path,
            }),
        }
    }
    added.sort_by(|a, b| a.path.cmp(&b.path));
    let mut sources: HashMap<ObjectId, Vec<FileVersion>> = HashMap::new();
    // Taken from the end below, so that the first paths are paired with each other.
    for file in before.into_values().rev() {
        sources.entry(file.identity().1).or_default().push(file);
    }
    for file in added {
        let source = file.blob_id.and_then(|blob| sources.get_mut(&blob)).and_then(Vec::pop);
        changes.push(Change {
            before: source.as_ref().map(FileVersion::identity),
            after: Some(file.identity()),
            kind: match source {
                Some(source) => ChangeKind::Renamed { from: source.path },
                None => ChangeKind::Added,
            },
            path: file.path,
        });
    }
    changes.extend(sources.into_values().flatten().map(|file| Change {
        kind: ChangeKind::Deleted,
        before: Some(file.identity()),
        after: None,
        path: file.path,
    }));
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, content: u8) -> FileVersion {
        FileVersion {
            path: path.into(),
            mode: FileMode::FILE,
            blob_id: Some(ObjectId([content; 20])),
            submodule_id: None,
        }
    }

    #[test]
    fn pairs_renames_by_content_in_order_of_path() {
        let changes = pair(
            vec![file("a", 1), file("b", 1), file("same", 3), file("edited", 4), file("gone", 5)],
            vec![file("z", 1), file("y", 1), file("x", 1), file("same", 3), file("edited", 6)],
        );
        let shown: Vec<String> = changes
            .iter()
            .map(|change| format!("{} {:?}", String::from_utf8_lossy(&change.path), change.kind))
            .collect();
        assert_eq!(
            shown,
            [
                "edited Modified",
                "gone Deleted",
                "x Renamed { from: [97] }",
                "y Renamed { from: [98] }",
                "z Added"
            ]
        );
    }
}
