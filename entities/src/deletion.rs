//! Deleting what is kept: the database refuses it to whoever does not say beforehand that it is meant.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// Lets a transaction delete rows of guarded tables while `work` runs. It must be a transaction: what is announced on
/// anything else is forgotten before the next statement, which is refused then. Not to be nested.
///
/// # Errors
/// Whatever `work` says, or if the database is away. The transaction must be rolled back then.
pub async fn announced<T>(
    transaction: &impl ConnectionTrait,
    work: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    let (before, after) = match transaction.get_database_backend() {
        // A permit that is left behind makes the commit fail: it points to a row that is not there.
        DbBackend::Sqlite => {
            ("INSERT INTO deletion_permits (id) VALUES (1)", "DELETE FROM deletion_permits WHERE id = 1")
        }
        _ => ("SET LOCAL app.may_delete = 'on'", "SET LOCAL app.may_delete = 'off'"),
    };
    transaction.execute_unprepared(before).await?;
    let done = work.await?;
    transaction.execute_unprepared(after).await?;
    Ok(done)
}
