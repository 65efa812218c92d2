//! The scope that every read of temporal rows goes through.

use sea_orm::{DbBackend, DbErr, Statement, Value};

use crate::{
    ids::{BranchId, SyncId},
    projects,
    scope::{OfTenant, TenantDb, TenantTx},
    status::SyncStatus,
    tables::{branch, project_sync},
};

/// A branch as one sync left it. There is none of a state that is not kept any more: each way to one asks for the first
/// sync that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateAt {
    pub(super) branch: BranchId,
    pub(super) seq: i64,
    pub(super) kept_from: i64,
}

/// The state is not kept any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the state of sync #{seq} is not kept any more: the first one that is, is #{kept_from}")]
pub struct Forgotten {
    /// The number of the sync that left it.
    pub seq: i64,
    /// The number of the first sync of the branch whose state is kept.
    pub kept_from: i64,
}

/// Why there is no state to read.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Only completed syncs leave a state.
    #[error("sync {sync} is {status}: only completed syncs leave a state")]
    NotCompleted {
        /// The sync.
        sync: SyncId,
        /// Where it stands.
        status: SyncStatus,
    },
    /// It was removed.
    #[error(transparent)]
    Forgotten(#[from] Forgotten),
    /// The database is away.
    #[error(transparent)]
    Database(#[from] DbErr),
}

impl StateAt {
    /// The branch as its latest completed sync left it; before the first one it has no rows.
    pub fn head(branch: &branch::Model) -> Self {
        Self { branch: branch.id, seq: branch.head_seq, kept_from: branch.kept_from }
    }

    /// The branch as `sync` left it.
    ///
    /// # Errors
    /// If the sync did not complete, its state is not kept any more, or the database is away.
    pub async fn after(db: &impl OfTenant, sync: &project_sync::Model) -> Result<Self, StateError> {
        Self::at(db, sync, |seq| seq).await
    }

    /// The branch as it was before `sync`: as the sync that it followed left it, or without rows if it followed none.
    ///
    /// # Errors
    /// If the sync did not complete, the state before it is not kept any more, or the database is away.
    pub async fn before(db: &impl OfTenant, sync: &project_sync::Model) -> Result<Self, StateError> {
        Self::at(db, sync, |seq| seq - 1).await
    }

    async fn at(
        db: &impl OfTenant,
        sync: &project_sync::Model,
        number: impl Fn(i64) -> i64,
    ) -> Result<Self, StateError> {
        let not_completed = || StateError::NotCompleted { sync: sync.id, status: sync.status };
        let seq = number(sync.seq.ok_or_else(not_completed)?);
        let gone = || DbErr::RecordNotFound(format!("branch of sync {}", sync.id));
        let branch = projects::branch(db, sync.branch_id).await?.ok_or_else(gone)?;
        let state = Self { branch: branch.id, seq, kept_from: branch.kept_from };
        Ok(state.kept()?)
    }

    /// This state, if it is kept. Before the first sync there were no rows, and that needs no keeping.
    fn kept(self) -> Result<Self, Forgotten> {
        let Self { seq, kept_from, .. } = self;
        if seq == 0 || seq >= kept_from { Ok(self) } else { Err(Forgotten { seq, kept_from }) }
    }

    /// The same branch as its sync number `seq` left it: this state, or an earlier one. `None` if it is a later one.
    ///
    /// # Errors
    /// If that state is not kept any more.
    pub fn back_to(&self, seq: i64) -> Result<Option<Self>, Forgotten> {
        if !(0..=self.seq).contains(&seq) {
            return Ok(None);
        }
        Self { seq, ..*self }.kept().map(Some)
    }

    /// The number of the sync.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The branch.
    pub fn branch(&self) -> BranchId {
        self.branch
    }

    /// The query for the rows of `table` (aliased `t`) in this state that meet `condition`. Binds `$1` to `$3`: see
    /// [`Self::statement`]; `condition` may bind more from `$4` on.
    ///
    /// The rows that still hold and those that held then are asked for apart, so that both databases find each by its
    /// index on `valid_to` together with what `condition` compares. The plus sign keeps SQLite, which has no statistics
    /// of a new database, from preferring the index on `valid_from` and reading the whole branch.
    pub(super) fn rows(table: &str, columns: &str, condition: &str) -> String {
        let condition = if condition.is_empty() { String::new() } else { format!(" AND {condition}") };
        let half = |held: &str| {
            format!(
                "SELECT {columns} FROM {table} t WHERE t.branch_id = $1 AND {held} AND +t.valid_from <= $2 \
                 AND t.tenant_id = $3{condition}"
            )
        };
        format!("{} UNION ALL {}", half("t.valid_to IS NULL"), half("t.valid_to > $2"))
    }

    /// The same as one condition, for where a query reaches the rows by another way.
    pub(super) const HOLDS: &'static str = "t.branch_id = $1 AND t.tenant_id = $3 AND +t.valid_from <= $2 \
         AND (t.valid_to IS NULL OR t.valid_to > $2)";

    /// A statement over this state: its own three values, then `more` from `$4` on. Whose rows are meant says whoever asks,
    /// and not the state.
    pub(super) fn statement(
        &self,
        db: &impl OfTenant,
        sql: String,
        more: impl IntoIterator<Item = Value>,
    ) -> Statement {
        let own = [self.branch.into(), self.seq.into(), db.tenant().into()];
        Statement::from_sql_and_values(db.get_database_backend(), sql, own.into_iter().chain(more))
    }

    /// How many files there are. Counts index entries; meant for checks, not for every sync.
    pub async fn count_files(&self, db: &impl OfTenant) -> Result<i64, DbErr> {
        self.count(db, "repository_files").await
    }

    /// How many memory entries are active.
    pub async fn count_memory(&self, db: &impl OfTenant) -> Result<i64, DbErr> {
        self.count(db, "memory_entries").await
    }

    async fn count(&self, db: &impl OfTenant, table: &str) -> Result<i64, DbErr> {
        let sql = format!("SELECT count(*) AS n FROM ({}) counted", Self::rows(table, "t.id", ""));
        let row = db.query_one_raw(self.statement(db, sql, [])).await?;
        row.map_or(Ok(0), |row| row.try_get("", "n"))
    }
}

/// `$4, $5, …`: placeholders for `count` values after the scope's own.
pub(super) fn placeholders(count: usize) -> String {
    (4..4 + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}

/// Begins to read with a query that joins what it finds: see [`hash_joins`].
pub(super) async fn begin_joining(db: &TenantDb) -> Result<TenantTx, DbErr> {
    let transaction = db.begin().await?;
    hash_joins(&transaction, true).await?;
    Ok(transaction)
}

/// Whether Postgres keeps to hash joins in the rest of this transaction. Of tables that have just grown it has no
/// statistics yet, takes what it finds for a few rows, and would go through them in nested loops, in the square of the
/// time.
pub(super) async fn hash_joins(db: &impl OfTenant, only: bool) -> Result<(), DbErr> {
    if db.get_database_backend() == DbBackend::Postgres {
        let sql = format!("SET LOCAL enable_nestloop = {}", if only { "off" } else { "on" });
        db.execute_unprepared(&sql).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;
    use uuid::Uuid;

    use super::*;
    use crate::{TenantId, temporal::Draft};

    /// SQLite's plan for a query, a line a step.
    async fn plan(db: &TenantDb, sql: &str, values: usize) -> String {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let values = (0..values).map(|_| Value::from(1_i64));
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        let steps = db.query_all_raw(statement).await.unwrap();
        steps.iter().map(|step| step.try_get::<String>("", "detail").unwrap() + "\n").collect()
    }

    /// Reads of a state are answered by index, so that their cost is that of their result, whatever the number of rows
    /// and of syncs before.
    #[tokio::test]
    async fn states_are_read_by_index() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("plan.db").display());
        let database = crate::connect(&url, &Default::default()).await.unwrap();
        migration::up(database.pool()).await.unwrap();
        let db = database.tenant(TenantId::generate());
        for (table, condition, index) in [
            ("repository_files", "", "repository_files_to (branch_id=? AND valid_to"),
            (
                "repository_files",
                "t.dir_hash IN ($4, $5)",
                "repository_files_dir (branch_id=? AND dir_hash=? AND valid_to",
            ),
            (
                "repository_trees",
                "t.dir_hash IN ($4, $5)",
                "repository_trees_dir (branch_id=? AND dir_hash=? AND valid_to",
            ),
            (
                "repository_trees",
                "t.dir_hash IS NULL",
                "repository_trees_dir (branch_id=? AND dir_hash=? AND valid_to",
            ),
            ("memory_entries", "", "memory_entries_to (branch_id=? AND valid_to"),
            (
                "memory_entries",
                "t.path_hash IN ($4, $5)",
                "memory_entries_path (branch_id=? AND path_hash=? AND valid_to",
            ),
        ] {
            let plan = plan(&db, &StateAt::rows(table, "t.id", condition), 5).await;
            assert_eq!(plan.matches(index).count(), 2, "{table} where {condition}: {plan}");
            assert!(!plan.contains("SCAN t"), "{plan}");
        }
        let plan = plan(&db, &Draft::look(), 3).await;
        for table in ["repository_files", "repository_trees", "memory_entries"] {
            for column in ["from", "to"] {
                let index = format!("{table}_{column} (branch_id=? AND valid_{column}>?)");
                assert_eq!(plan.matches(&index).count(), 1, "{index}: {plan}");
            }
        }
        let branch = branch::Model {
            id: BranchId(Uuid::now_v7()),
            tenant_id: TenantId(Uuid::now_v7()),
            repository_id: crate::RepositoryId(Uuid::now_v7()),
            name: "main".into(),
            head_seq: 0,
            head_sync_id: None,
            validator: None,
            deleted_at: None,
            kept_from: 1,
            created_at: Default::default(),
        };
        let state = Draft::after_head(&branch).state();
        assert_eq!(state.count_files(&db).await.unwrap(), 0);
        assert_eq!(state.root(&db).await.unwrap(), None);
    }
}
