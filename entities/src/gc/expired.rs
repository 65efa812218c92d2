//! What is kept for a time only: answers, logins, and, where that is wanted, the audit log.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::begin_removing;
use crate::{
    idempotency,
    scope::{OfTenant, TenantDb},
};

/// How many rows are removed in one transaction.
const ROWS_AT_A_TIME: u64 = 1_000;

/// Removes answers that were kept long enough. Gives how many.
pub(super) async fn remove_answers(db: &TenantDb, now: DateTime<Utc>) -> Result<u64, DbErr> {
    remove_before(db, "idempotency_keys", "key", "created_at", now - idempotency::KEEP).await
}

/// Removes logins that are over. Gives how many.
pub(super) async fn remove_sessions(db: &TenantDb, now: DateTime<Utc>) -> Result<u64, DbErr> {
    remove_before(db, "sessions", "id", "expires_at", now).await
}

/// Removes what the tenant's audit log holds of the time before. Gives how many.
pub(super) async fn remove_audit(db: &TenantDb, before: DateTime<Utc>) -> Result<u64, DbErr> {
    remove_before(db, "audit_log", "id", "at", before).await
}

/// Removes the tenant's rows whose time is before this one, some at a time.
async fn remove_before(
    db: &TenantDb,
    table: &str,
    key: &str,
    time: &str,
    before: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM {table} WHERE tenant_id = $1 AND {time} < $2 AND {key} IN (SELECT {key} FROM {table} WHERE tenant_id = $1 \
         AND {time} < $2 ORDER BY {time} LIMIT {ROWS_AT_A_TIME})"
    );
    let mut removed = 0;
    loop {
        let transaction = begin_removing(db).await?;
        let values = [db.tenant().into(), before.into()];
        let statement = Statement::from_sql_and_values(db.get_database_backend(), &sql, values);
        let now_gone = transaction.execute_raw(statement).await?.rows_affected();
        transaction.commit().await?;
        removed += now_gone;
        if now_gone < ROWS_AT_A_TIME {
            return Ok(removed);
        }
    }
}
