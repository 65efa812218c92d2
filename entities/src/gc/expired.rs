//! What is kept for a time only: the answers to requests that may come twice, and logins.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbErr, Statement};

use crate::{deletion, idempotency, scope::SystemDb};

/// How many rows are removed in one transaction.
const ROWS_AT_A_TIME: u64 = 1_000;

/// What was kept for a time only, and is removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Expired {
    /// Answers that were kept for requests that come twice.
    pub answers: u64,
    /// Logins that are over.
    pub sessions: u64,
}

/// Removes what was kept for a time only, of all tenants.
///
/// # Errors
/// If the database is away. What was removed until then is.
pub async fn remove_expired(db: &SystemDb, now: DateTime<Utc>) -> Result<Expired, DbErr> {
    Ok(Expired { answers: remove_answers(db, now).await?, sessions: remove_sessions(db, now).await? })
}

async fn remove_answers(db: &SystemDb, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let mut removed = 0;
    loop {
        let transaction = db.begin_write().await?;
        let now_gone = deletion::announced(&transaction, idempotency::expire(&transaction, now)).await?;
        transaction.commit().await?;
        removed += now_gone;
        if now_gone < idempotency::MAX_EXPIRED {
            return Ok(removed);
        }
    }
}

async fn remove_sessions(db: &SystemDb, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let sql = format!(
        "DELETE FROM sessions WHERE expires_at < $1 AND id IN (SELECT id FROM sessions WHERE expires_at < $1 \
         ORDER BY expires_at LIMIT {ROWS_AT_A_TIME})"
    );
    let mut removed = 0;
    loop {
        let transaction = db.begin_write().await?;
        let statement = Statement::from_sql_and_values(db.get_database_backend(), &sql, [now.into()]);
        let removal = transaction.execute_raw(statement);
        let now_gone = deletion::announced(&transaction, removal).await?.rows_affected();
        transaction.commit().await?;
        removed += now_gone;
        if now_gone < ROWS_AT_A_TIME {
            return Ok(removed);
        }
    }
}
