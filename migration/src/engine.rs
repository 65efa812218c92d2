//! Applying and taking back: one transaction, looked at before and after.

use std::time::{Duration, Instant};

use chrono::Utc;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, IsolationLevel, RuntimeErr,
    SqliteTransactionMode, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
    sqlx::sqlite::SqlitePoolOptions,
};

use crate::{
    error::{AllowedLoss, Loss, MigrateError, Refusal},
    history::{self, Applied, History},
    list::Migration,
    plan::{Account, Direction, Verdict, plan},
    roles,
    snapshot::{Snapshot, settle},
};

/// The advisory lock of whoever migrates a Postgres database ("migrate" in a phone's letters).
const LOCK: i64 = 6_447_283;

/// How a lock on a table is waited for on Postgres unless [`Options`] say otherwise: everybody else waits behind it.
pub const LOCK_TIMEOUT: Duration = Duration::from_secs(3);

/// Postgres' code for a lock that was not had in time.
const LOCK_NOT_AVAILABLE: &str = "55P03";

/// How to migrate.
#[derive(Clone, Debug)]
pub struct Options {
    /// Do everything and take it back: what is told is what would have happened.
    pub dry_run: bool,
    /// What may be lost, exactly.
    pub allow_loss: Vec<AllowedLoss>,
    /// How long to wait for a lock on Postgres.
    pub lock_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { dry_run: false, allow_loss: Vec::new(), lock_timeout: LOCK_TIMEOUT }
    }
}

/// What was done.
#[derive(Clone, Default, Debug)]
pub struct Outcome {
    /// What was applied or taken back, in the order in which it was done.
    pub migrations: Vec<Applied>,
    /// What was lost, all of it allowed.
    pub losses: Vec<Loss>,
    /// Whether the history of an earlier release was taken over.
    pub adopted: bool,
    /// Whether all of it was taken back again.
    pub dry_run: bool,
}

/// Applies what of `migrations` is pending: all of it, or nothing.
///
/// # Errors
/// See [`MigrateError`]; in each case nothing was changed.
pub async fn up(
    db: &DatabaseConnection,
    migrations: &[Migration],
    options: &Options,
) -> Result<Outcome, MigrateError> {
    let work = workplace(db).await?;
    let transaction = begin(&work, options).await?;
    let result = apply(&transaction, migrations, options).await;
    conclude(work, transaction, result, options).await
}

/// Takes back the last migration that was applied.
///
/// # Errors
/// See [`MigrateError`]; in each case nothing was changed.
pub async fn down(
    db: &DatabaseConnection,
    migrations: &[Migration],
    options: &Options,
) -> Result<Outcome, MigrateError> {
    let work = workplace(db).await?;
    let transaction = begin(&work, options).await?;
    let result = take_back(&transaction, migrations, options).await;
    conclude(work, transaction, result, options).await
}

/// The connection to work on. SQLite's is one of its own that does not enforce foreign keys: with them, removing a table
/// removes the rows that point to it. They are checked before the end instead. (It cannot be turned off inside a
/// transaction.)
async fn workplace(db: &DatabaseConnection) -> Result<DatabaseConnection, DbErr> {
    if db.get_database_backend() != DbBackend::Sqlite {
        return Ok(db.clone());
    }
    let options = db.get_sqlite_connection_pool().connect_options();
    let options = std::sync::Arc::unwrap_or_clone(options).foreign_keys(false).create_if_missing(false);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await;
    let pool = pool.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
}

async fn begin(db: &DatabaseConnection, options: &Options) -> Result<DatabaseTransaction, MigrateError> {
    if db.get_database_backend() == DbBackend::Sqlite {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        return db.begin_with_options(immediate).await.map_err(|error| match is_locked(&error) {
            true => MigrateError::Busy,
            false => error.into(),
        });
    }
    let has_history = history::exists(db, "schema_history").await?;
    let transaction = db.begin_with_config(Some(IsolationLevel::RepeatableRead), None).await?;
    let timeout = options.lock_timeout.as_millis();
    // A guard that sees only some rows would be blind: without the right to see all, reading is an error instead.
    let settings = format!(
        "SET LOCAL lock_timeout = '{timeout}ms'; SET LOCAL row_security = off; SET LOCAL statement_timeout = 0; \
         SET LOCAL idle_in_transaction_session_timeout = 0"
    );
    transaction.execute_unprepared(&settings).await?;
    if has_history {
        // Comes before the first query, so that what is read afterwards is what the one before us has left.
        let lock = transaction.execute_unprepared("LOCK TABLE schema_history IN EXCLUSIVE MODE").await;
        lock.map_err(|error| if is_locked(&error) { MigrateError::Busy } else { error.into() })?;
    }
    let sql = format!("SELECT pg_try_advisory_xact_lock({LOCK}) AS mine");
    let row = transaction.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
    match row.map(|row| row.try_get("", "mine")).transpose()? {
        Some(true) => Ok(transaction),
        _ => Err(MigrateError::Busy),
    }
}

/// Ends the transaction as its result wants, and SQLite's connection of its own.
async fn conclude(
    work: DatabaseConnection,
    transaction: DatabaseTransaction,
    result: Result<Outcome, MigrateError>,
    options: &Options,
) -> Result<Outcome, MigrateError> {
    let result = match result {
        Ok(outcome) if !options.dry_run => {
            transaction.commit().await.map(|()| outcome).map_err(MigrateError::from)
        }
        result => transaction.rollback().await.map_err(MigrateError::from).and(result),
    };
    if work.get_database_backend() == DbBackend::Sqlite {
        work.close().await?;
    }
    result
}

async fn apply(
    transaction: &DatabaseTransaction,
    migrations: &[Migration],
    options: &Options,
) -> Result<Outcome, MigrateError> {
    let backend = transaction.get_database_backend();
    let history = History::read(transaction, migrations).await?;
    let pending = history.pending(migrations)?;
    let mut outcome = Outcome { dry_run: options.dry_run, adopted: history.is_earlier, ..Outcome::default() };
    if pending.is_empty() && !history.is_earlier {
        return match options.allow_loss.is_empty() {
            true => Ok(outcome),
            false => Err(MigrateError::NotLost(options.allow_loss.clone())),
        };
    }
    let steps: Vec<(&Migration, Vec<Account>)> =
        pending.iter().map(|one| (one, plan(one, backend, Direction::Up))).collect();
    let before = look_ahead(transaction, &steps, options).await?;
    if backend == DbBackend::Postgres {
        roles::ensure(transaction).await.map_err(MigrateError::Roles)?;
    }
    history.establish(transaction).await?;
    for (migration, accounts) in &steps {
        let began = Instant::now();
        run(transaction, migration, accounts, options).await?;
        let applied = Applied {
            version: migration.version,
            name: migration.name.to_string(),
            checksum: migration.checksum(),
            applied_at: Utc::now(),
            duration_ms: i64::try_from(began.elapsed().as_millis()).unwrap_or(i64::MAX),
        };
        history::record(transaction, &applied).await?;
        outcome.migrations.push(applied);
    }
    outcome.losses = look_back(transaction, &before, options).await?;
    if backend == DbBackend::Postgres {
        roles::hand_over(transaction).await?;
    }
    Ok(outcome)
}

async fn take_back(
    transaction: &DatabaseTransaction,
    migrations: &[Migration],
    options: &Options,
) -> Result<Outcome, MigrateError> {
    let backend = transaction.get_database_backend();
    let history = History::read(transaction, migrations).await?;
    history.pending(migrations)?;
    let last = history.applied.last().ok_or(MigrateError::NothingApplied)?.clone();
    let migration = migrations.iter().find(|one| one.version == last.version);
    let migration = migration.ok_or(MigrateError::NothingApplied)?;
    let steps = vec![(migration, plan(migration, backend, Direction::Down))];
    let before = look_ahead(transaction, &steps, options).await?;
    history.establish(transaction).await?;
    for (migration, accounts) in &steps {
        run(transaction, migration, accounts, options).await?;
    }
    history::forget(transaction, last.version).await?;
    let losses = look_back(transaction, &before, options).await?;
    Ok(Outcome { migrations: vec![last], losses, adopted: history.is_earlier, dry_run: options.dry_run })
}

/// Refuses what the plan refuses, and what would be lost by what the plan understands; then looks at every table.
async fn look_ahead(
    transaction: &DatabaseTransaction,
    steps: &[(&Migration, Vec<Account>)],
    options: &Options,
) -> Result<Snapshot, MigrateError> {
    let refusal = |migration: &Migration, account: &Account| match &account.verdict {
        Verdict::Refused(reason) => {
            Some(Refusal { migration: migration.title(), account: account.clone(), reason: reason.clone() })
        }
        Verdict::Harmless | Verdict::Takes(_) => None,
    };
    let refusals: Vec<Refusal> = steps
        .iter()
        .flat_map(|(migration, accounts)| accounts.iter().filter_map(|account| refusal(migration, account)))
        .collect();
    if !refusals.is_empty() {
        return Err(MigrateError::Refused(refusals));
    }
    let before = Snapshot::take(transaction, None).await?;
    let losses =
        steps.iter().flat_map(|(_, accounts)| accounts).flat_map(|account| foreseen(account, &before));
    let (open, _) = settle(losses.collect(), &options.allow_loss);
    if open.is_empty() { Ok(before) } else { Err(MigrateError::Loss(open)) }
}

/// What a statement would take away that holds something.
fn foreseen(account: &Account, before: &Snapshot) -> Vec<Loss> {
    let Verdict::Takes(targets) = &account.verdict else { return Vec::new() };
    let loss = |target: &crate::plan::Target| {
        let (column, lost, how) = match &target.column {
            Some(column) => (
                column.as_str(),
                before.values(&target.table, column)?,
                "the column would go with its values",
            ),
            None => ("*", before.rows(&target.table)?, "the table would go with its rows"),
        };
        let table = target.table.clone();
        (lost > 0).then(|| Loss { table, column: column.to_owned(), lost, how: how.to_owned() })
    };
    targets.iter().filter_map(loss).collect()
}

/// Looks again, and refuses what is not as it was.
async fn look_back(
    transaction: &DatabaseTransaction,
    before: &Snapshot,
    options: &Options,
) -> Result<Vec<Loss>, MigrateError> {
    if transaction.get_database_backend() == DbBackend::Sqlite {
        let sql = "SELECT DISTINCT \"table\" AS name FROM pragma_foreign_key_check ORDER BY 1";
        let rows = transaction.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await?;
        let tables: Vec<String> = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<_, _>>()?;
        if !tables.is_empty() {
            return Err(MigrateError::Orphans(tables));
        }
    }
    let after = Snapshot::take(transaction, Some(before)).await?;
    let losses = before.losses(&after);
    let (open, idle) = settle(losses.clone(), &options.allow_loss);
    match (open.is_empty(), idle.is_empty()) {
        (false, _) => Err(MigrateError::Loss(open)),
        (true, false) => Err(MigrateError::NotLost(idle)),
        (true, true) => Ok(losses),
    }
}

/// Runs the statements one by one: what the database is given at once is one statement, whatever is in it.
async fn run(
    transaction: &DatabaseTransaction,
    migration: &Migration,
    accounts: &[Account],
    options: &Options,
) -> Result<(), MigrateError> {
    let backend = transaction.get_database_backend();
    if backend == DbBackend::Postgres {
        // The guards outside step aside for what was understood; what is inside is guarded by the snapshots.
        transaction.execute_unprepared("SET LOCAL app.may_drop = 'on'").await?;
    }
    for account in accounts {
        let result = transaction.execute_raw(Statement::from_string(backend, account.sql.as_str())).await;
        if let Err(source) = result {
            let (migration, statement) = (migration.title(), account.statement.clone());
            return Err(match is_locked(&source) {
                true => {
                    MigrateError::Locked { migration, statement, seconds: options.lock_timeout.as_secs() }
                }
                false => MigrateError::Statement { migration, statement, source },
            });
        }
    }
    Ok(())
}

/// Whether a lock was not had in time.
fn is_locked(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))
    | DbErr::Conn(RuntimeErr::SqlxError(inner))) = error
    else {
        return false;
    };
    let Some(inner) = inner.as_database_error() else { return false };
    let code = inner.code();
    // SQLITE_BUSY and its kin are 5 in the low byte.
    let is_busy = |code: &str| code.parse::<u32>().is_ok_and(|number| number & 0xff == 5);
    code.is_some_and(|code| code == LOCK_NOT_AVAILABLE || (code.len() < 5 && is_busy(&code)))
}
