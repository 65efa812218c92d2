//! Opening the database: SQLite in a file, or Postgres by URL.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, Statement,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};

use crate::scope::Database;

/// How long a writer waits for SQLite's single write lock before it gives up.
pub const SQLITE_BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How often opening a SQLite file is tried while others open it, too, and the pause in between.
const OPEN_TRIES: u32 = 50;
const OPEN_PAUSE: Duration = Duration::from_millis(20);

/// SQLite's page cache for each connection, in KiB.
const SQLITE_CACHE_KIB: i64 = 8_192;

/// How to open the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConnectOptions {
    /// The most connections held at once.
    pub max_connections: u32,
    /// How long to wait for a connection of the pool.
    pub acquire_timeout: Duration,
    /// How long a transaction may stand still before Postgres ends it, and its connection: a process that hangs in the
    /// middle of one must not keep others from taking over what it locks. SQLite's lock dies with its process alone.
    pub idle_transaction_timeout: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self {
            max_connections: 16,
            acquire_timeout: Duration::from_secs(30),
            idle_transaction_timeout: Duration::from_secs(15),
        }
    }
}

/// Opens `url`: `sqlite:PATH` (made if absent) or `postgres://…`. The schema is not looked at.
///
/// # Errors
/// Whatever the database says; the message may name the host and never holds the password.
pub async fn connect(url: &str, options: &ConnectOptions) -> Result<Database, DbErr> {
    let mut connect = match url.strip_prefix("sqlite:") {
        // The path goes in as a path: in the URL a `?` or `%` in it would be read as something else.
        Some(_) => sea_orm::ConnectOptions::new("sqlite::memory:"),
        None => sea_orm::ConnectOptions::new(url),
    };
    connect
        .max_connections(options.max_connections)
        .acquire_timeout(options.acquire_timeout)
        .test_before_acquire(!url.starts_with("sqlite:"))
        .sqlx_logging(false);
    if let Some(path) = url.strip_prefix("sqlite:") {
        let path = path.to_owned();
        connect.map_sqlx_sqlite_opts(move |sqlite| {
            sqlite
                .filename(&path)
                .in_memory(false)
                .shared_cache(false)
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(SqliteJournalMode::Wal)
                // In WAL mode this survives a killed process; a power cut may lose the last syncs, never half of one.
                .synchronous(SqliteSynchronous::Normal)
                .busy_timeout(SQLITE_BUSY_TIMEOUT)
                .pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"))
                .pragma("temp_store", "FILE")
        });
    } else {
        let idle = format!("{}ms", options.idle_transaction_timeout.as_millis());
        connect.map_sqlx_postgres_opts(move |postgres| {
            postgres.options([("idle_in_transaction_session_timeout", idle.as_str())])
        });
    }
    let mut tries = 1;
    loop {
        match sea_orm::Database::connect(connect.clone()).await {
            // Turning on the write-ahead log does not wait for other programs that open a new file just now.
            Err(error) if tries < OPEN_TRIES && error.to_string().contains("database is locked") => {
                tries += 1;
                tokio::time::sleep(OPEN_PAUSE).await;
            }
            result => return result.map(Database::new),
        }
    }
}

/// Whether the database answers within this time.
pub async fn is_there(db: &Database, patience: Duration) -> bool {
    tokio::time::timeout(patience, now_of(db)).await.is_ok_and(|answer| answer.is_ok())
}

/// What time it is for the database. SQLite's is the machine's, to the millisecond.
///
/// # Errors
/// If the database does not tell.
pub async fn now_of(db: &Database) -> Result<DateTime<Utc>, DbErr> {
    let sql = match db.backend() {
        DbBackend::Sqlite => "SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now') AS now",
        _ => "SELECT clock_timestamp() AS now",
    };
    let statement = Statement::from_string(db.backend(), sql);
    let row = db.pool().query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound("the time".to_owned()))?.try_get("", "now")
}
