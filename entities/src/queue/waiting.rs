//! The syncs that wait.

use chrono::{DateTime, Utc};
use sea_orm::{DbErr, FromQueryResult, Statement, Value};

use crate::{
    ids::{ProjectId, SyncId, TenantId},
    scope::OfSystem,
    status::Priority,
};

/// A sync that waits for a worker.
#[derive(Clone, PartialEq, Eq, Debug, FromQueryResult)]
pub struct WaitingSync {
    /// The sync.
    pub id: SyncId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Which waits first.
    pub priority: Priority,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Until when it waits.
    pub run_after: Option<DateTime<Utc>>,
    /// The trace context of the request that asked for it.
    pub trace_parent: Option<String>,
}

/// Where a page of waiting syncs begins: after this one.
pub type WaitingAfter<'a> = Option<&'a WaitingSync>;

/// The syncs that wait and are not paused, in the order of (priority, age), at most `limit`. `project` keeps to one.
pub async fn waiting_syncs(
    db: &impl OfSystem,
    project: Option<ProjectId>,
    after: WaitingAfter<'_>,
    limit: u64,
) -> Result<Vec<WaitingSync>, DbErr> {
    let mut values: Vec<Value> = vec![limit.into()];
    let mut conditions = String::new();
    if let Some(after) = after {
        values.extend([(after.priority as i32).into(), after.created_at.into(), after.id.into()]);
        conditions.push_str(" AND (s.priority, s.created_at, s.id) > ($2, $3, $4)");
    }
    if let Some(project) = project {
        values.push(project.into());
        conditions.push_str(&format!(" AND r.project_id = ${}", values.len()));
    }
    let sql = format!(
        "SELECT s.id, s.tenant_id, s.priority, s.created_at, s.run_after, s.trace_parent FROM project_syncs s \
         JOIN branches b ON b.id = s.branch_id JOIN repositories r ON r.id = b.repository_id \
         WHERE s.status = 'pending'{conditions} AND NOT EXISTS \
         (SELECT 1 FROM queue_pauses p WHERE p.project_id IS NULL OR p.project_id = r.project_id) \
         ORDER BY s.priority, s.created_at, s.id LIMIT $1"
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    WaitingSync::find_by_statement(statement).all(db).await
}
