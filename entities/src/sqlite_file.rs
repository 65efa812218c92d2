//! A SQLite database as a file: copied while it is used, and looked at from outside.

use std::{path::Path, time::Duration};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, RuntimeErr, Statement};

use crate::scope::Database;

/// The most faults that [`faults`] names.
const MAX_FAULTS: usize = 10;

/// Copies a database, as it is at one moment, to a file that is empty or not there. Others may write meanwhile.
///
/// # Errors
/// If the copy cannot be written.
pub async fn copy(db: &Database, to: &str) -> Result<(), DbErr> {
    let statement = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [to.into()]);
    db.pool().execute_raw(statement).await.map(|_| ())
}

/// Opens a file that nobody writes, to read it. Nothing is made beside it, and a log beside it is not looked at.
///
/// # Errors
/// If it is not there or no database.
pub async fn open_still(file: &Path) -> Result<Database, DbErr> {
    let file = file.to_owned();
    open(move |options| options.filename(&file).read_only(true).immutable(true)).await
}

/// What is wrong with a database: pages and indexes that do not fit, rows that refer to none. Nothing, if it is whole.
///
/// # Errors
/// If it cannot be read at all.
pub async fn faults(db: &Database) -> Result<Vec<String>, DbErr> {
    let mut faults = Vec::new();
    for row in ask(db, &format!("PRAGMA integrity_check({MAX_FAULTS})")).await? {
        let fault: String = row.try_get_by_index(0)?;
        if fault != "ok" {
            faults.push(fault);
        }
    }
    for row in ask(db, "PRAGMA foreign_key_check").await?.into_iter().take(MAX_FAULTS) {
        let (table, parent): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(2)?);
        faults.push(format!("a row of {table} refers to none of {parent}"));
    }
    Ok(faults)
}

/// Folds the log of a database into its file, so that the file alone is all of it. `false` if another program has it
/// open.
///
/// # Errors
/// If it is not there, cannot be written, or is no database.
pub async fn fold_log(file: &Path) -> Result<bool, DbErr> {
    let file = file.to_owned();
    let db = open(move |options| options.filename(&file).busy_timeout(Duration::ZERO)).await?;
    // Whoever has it open with a log holds a lock that this needs to have alone.
    let mode = ask(&db, "PRAGMA journal_mode = DELETE").await;
    db.close().await?;
    match mode {
        Ok(rows) => {
            let mode: Option<String> = rows.first().map(|row| row.try_get_by_index(0)).transpose()?;
            Ok(mode.as_deref() == Some("delete"))
        }
        Err(error) if is_busy(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

type SqliteOptions = sea_orm::sqlx::sqlite::SqliteConnectOptions;

/// Opens one connection to a file.
async fn open(
    choose: impl Fn(SqliteOptions) -> SqliteOptions + Send + Sync + 'static,
) -> Result<Database, DbErr> {
    // The path goes in as a path: in the URL a `?` or `%` in it would be read as something else.
    let mut options = sea_orm::ConnectOptions::new("sqlite::memory:");
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |options| {
        choose(options.in_memory(false).shared_cache(false).create_if_missing(false))
    });
    sea_orm::Database::connect(options).await.map(Database::new)
}

async fn ask(db: &Database, sql: &str) -> Result<Vec<sea_orm::QueryResult>, DbErr> {
    db.pool().query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await
}

/// SQLITE_BUSY, by itself or extended.
fn is_busy(error: &DbErr) -> bool {
    let (DbErr::Query(RuntimeErr::SqlxError(error)) | DbErr::Exec(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    error.as_database_error().is_some_and(|error| error.message().contains("database is locked"))
}
