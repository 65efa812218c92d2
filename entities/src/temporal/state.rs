//! The scope that every read of temporal rows goes through.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use crate::{
    ids::{BranchId, TenantId},
    tables::{branch, project_sync},
};

/// A branch as one sync left it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StateAt {
    pub(super) tenant: TenantId,
    pub(super) branch: BranchId,
    pub(super) seq: i64,
}

impl StateAt {
    /// The branch as its latest completed sync left it; before the first one it has no rows.
    pub fn head(branch: &branch::Model) -> Self {
        Self { tenant: branch.tenant_id, branch: branch.id, seq: branch.head_seq }
    }

    /// The branch as `sync` left it. `None` if the sync did not complete.
    pub fn after(sync: &project_sync::Model) -> Option<Self> {
        let seq = sync.seq?;
        Some(Self { tenant: sync.tenant_id, branch: sync.branch_id, seq })
    }

    /// The branch as it was before `sync`: as the sync that it followed left it, or without rows if it followed none.
    /// `None` if the sync did not complete.
    pub fn before(sync: &project_sync::Model) -> Option<Self> {
        Self::after(sync).map(|state| Self { seq: state.seq - 1, ..state })
    }

    /// The number of the sync.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// The branch.
    pub fn branch(&self) -> BranchId {
        self.branch
    }

    /// The condition that makes a row of the table aliased `t` part of this state. Binds `$1` to `$3`: see
    /// [`Self::statement`]. The OR repeats the branch so that both databases answer each half from an index.
    pub(super) const HOLDS: &'static str = "t.tenant_id = $3 AND t.valid_from <= $2 AND \
         ((t.branch_id = $1 AND t.valid_to IS NULL) OR (t.branch_id = $1 AND t.valid_to > $2))";

    /// A statement over this state: its own three values, then `more` from `$4` on.
    pub(super) fn statement(
        &self,
        backend: DbBackend,
        sql: String,
        more: impl IntoIterator<Item = Value>,
    ) -> Statement {
        let own = [self.branch.into(), self.seq.into(), self.tenant.into()];
        Statement::from_sql_and_values(backend, sql, own.into_iter().chain(more))
    }

    /// How many files there are. Counts index entries; meant for checks, not for every sync.
    pub async fn count_files(&self, db: &impl ConnectionTrait) -> Result<i64, DbErr> {
        self.count(db, "repository_files").await
    }

    /// How many memory entries are active.
    pub async fn count_memory(&self, db: &impl ConnectionTrait) -> Result<i64, DbErr> {
        self.count(db, "memory_entries").await
    }

    async fn count(&self, db: &impl ConnectionTrait, table: &str) -> Result<i64, DbErr> {
        let sql = format!("SELECT count(*) AS n FROM {table} t WHERE {}", Self::HOLDS);
        let row = db.query_one_raw(self.statement(db.get_database_backend(), sql, [])).await?;
        row.map_or(Ok(0), |row| row.try_get("", "n"))
    }
}

/// `$4, $5, …`: placeholders for `count` values after the scope's own.
pub(super) fn placeholders(count: usize) -> String {
    (4..4 + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
