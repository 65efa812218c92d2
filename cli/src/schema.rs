//! The schema of the database before anything else is done with it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use migration::{MigrateError, Options, Outcome, migrations, with};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use worker::clock::Clock;

use crate::error::CliError;

/// Held while the schema of a SQLite database is looked at and changed, so that two first commands do not collide.
const MIGRATION_LOCK_FILE: &str = "migration.lock";

/// Brings a SQLite database up to date, after a copy of one that holds something.
///
/// # Errors
/// If that cannot be, or something newer migrated it.
pub async fn migrate_file(db: &DatabaseConnection, file: &Path, clock: &Clock) -> Result<(), CliError> {
    if migration::pending(db).await?.is_empty() {
        return Ok(());
    }
    let outcome = migrate_file_with(db, file, clock, &Options::default()).await?;
    tracing::info!(migrations = outcome.migrations.len(), "the database is up to date");
    Ok(())
}

/// Brings a SQLite database up to date in a way of one's own.
///
/// # Errors
/// As [`migrate_file`].
pub async fn migrate_file_with(
    db: &DatabaseConnection,
    file: &Path,
    clock: &Clock,
    options: &Options,
) -> Result<Outcome, CliError> {
    let _lock = lock(file)?;
    // Another command may have done it while we waited.
    let pending = migration::pending(db).await?;
    let holds_something = migration::status(db).await?.iter().any(|one| one.applied_at.is_some());
    if !pending.is_empty() && holds_something && !options.dry_run {
        back_up(db, file, clock).await?;
    }
    Ok(with::up(db, &migrations(db.get_database_backend()), options).await?)
}

/// Takes the last migration of a SQLite database back, after a copy.
///
/// # Errors
/// If something would be lost that was not allowed exactly.
pub async fn take_back_file(
    db: &DatabaseConnection,
    file: &Path,
    clock: &Clock,
    options: &Options,
) -> Result<Outcome, CliError> {
    let _lock = lock(file)?;
    if !options.dry_run {
        back_up(db, file, clock).await?;
    }
    Ok(with::down(db, &migrations(db.get_database_backend()), options).await?)
}

fn lock(file: &Path) -> Result<fs::File, CliError> {
    let path = file.parent().unwrap_or_else(|| Path::new("")).join(MIGRATION_LOCK_FILE);
    let action = || format!("cannot lock {}", path.display());
    let lock = fs::File::create(&path).map_err(CliError::io(action()))?;
    lock.lock().map_err(CliError::io(action()))?;
    Ok(lock)
}

/// Copies a SQLite database to a file beside it.
async fn back_up(db: &DatabaseConnection, file: &Path, clock: &Clock) -> Result<PathBuf, CliError> {
    let copy = format!("{}.backup-{}", file.display(), clock.now().format("%Y%m%dT%H%M%S%3fZ"));
    let statement =
        Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [copy.as_str().into()]);
    db.execute_raw(statement).await?;
    tracing::warn!(%copy, "the database was copied before its schema is changed");
    Ok(PathBuf::from(copy))
}

/// A shared database is migrated by whoever runs it, not by whoever comes first.
///
/// # Errors
/// If something is pending, or the database was migrated by another program.
pub async fn refuse_pending(db: &impl ConnectionTrait) -> Result<(), CliError> {
    match migration::pending(db).await {
        Ok(pending) if pending.is_empty() => Ok(()),
        Ok(pending) => Err(CliError::PendingMigrations(pending.len())),
        Err(MigrateError::Database(error)) => Err(error.into()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use entities::{ConnectOptions, projects};

    use super::*;

    #[tokio::test]
    async fn a_backup_is_a_whole_database() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("project-sync.db");
        let url = format!("sqlite:{}", file.display());
        let db = entities::connect(&url, &ConnectOptions::default()).await.unwrap();
        let clock = Clock::new(|| chrono::DateTime::UNIX_EPOCH);
        migrate_file(db.pool(), &file, &clock).await.unwrap();
        let tenant = projects::ensure_tenant(&db.system(), "someone", clock.now()).await.unwrap();
        let copy = folder.path().join("project-sync.db.backup-19700101T000000000Z");
        assert!(!copy.exists(), "a new database needs no copy");
        assert_eq!(back_up(db.pool(), &file, &clock).await.unwrap(), copy);
        let copied = entities::connect(&format!("sqlite:{}", copy.display()), &ConnectOptions::default())
            .await
            .unwrap();
        assert_eq!(projects::ensure_tenant(&copied.system(), "someone", clock.now()).await.unwrap(), tenant);
        assert!(migration::pending(copied.pool()).await.unwrap().is_empty());
    }
}
