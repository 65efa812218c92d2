//! What was applied to a database, as the database remembers it.

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement};

use crate::{
    error::MigrateError,
    list::{EARLIER_NAMES, Migration},
};

/// A migration that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// Its place.
    pub version: u32,
    /// Its word.
    pub name: String,
    /// The SHA-256 of the SQL that was run, in hex.
    pub checksum: String,
    /// When. Of databases that an earlier release made: when this was first noted.
    pub applied_at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
}

/// The history of a database.
#[derive(Default, Debug)]
pub(crate) struct History {
    /// What was applied, oldest first.
    pub(crate) applied: Vec<Applied>,
    /// Whether it stands in the table of an earlier release.
    pub(crate) is_earlier: bool,
    /// Whether our own table is there.
    pub(crate) has_table: bool,
}

impl History {
    /// Reads it. Writes nothing.
    pub(crate) async fn read(
        db: &impl ConnectionTrait,
        migrations: &[Migration],
    ) -> Result<Self, MigrateError> {
        if exists(db, "schema_history").await? {
            return Ok(Self { applied: ours(db).await?, is_earlier: false, has_table: true });
        }
        if exists(db, "seaql_migrations").await? {
            return Ok(Self { applied: earlier(db, migrations).await?, is_earlier: true, has_table: false });
        }
        Ok(Self::default())
    }

    /// What of `migrations` is still to be applied.
    ///
    /// # Errors
    /// If the history is not the beginning of the list: something newer, something else, or a hole.
    pub(crate) fn pending<'a>(&self, migrations: &'a [Migration]) -> Result<&'a [Migration], MigrateError> {
        let known = |version| migrations.iter().find(|one| one.version == version);
        let title = |one: &Applied| format!("{:04}_{}", one.version, one.name);
        let unknown: Vec<String> =
            self.applied.iter().filter(|one| known(one.version).is_none()).map(title).collect();
        if !unknown.is_empty() {
            return Err(MigrateError::Unknown(unknown));
        }
        let is_altered = |one: &&Applied| {
            known(one.version).is_some_and(|ours| ours.checksum() != one.checksum || ours.name != one.name)
        };
        let altered: Vec<String> = self.applied.iter().filter(is_altered).map(title).collect();
        if !altered.is_empty() {
            return Err(MigrateError::Altered(altered));
        }
        let count = self.applied.len();
        for (expected, found) in migrations.iter().zip(&self.applied) {
            if expected.version != found.version {
                return Err(MigrateError::Hole(expected.title()));
            }
        }
        Ok(migrations.get(count..).unwrap_or_default())
    }

    /// Makes our own table, with what an earlier release noted elsewhere.
    pub(crate) async fn establish(&self, db: &impl ConnectionTrait) -> Result<(), DbErr> {
        if self.has_table {
            return Ok(());
        }
        let (number, moment) = match db.get_database_backend() {
            DbBackend::Sqlite => ("INTEGER", "TEXT"),
            _ => ("BIGINT", "TIMESTAMPTZ"),
        };
        db.execute_unprepared(&format!(
            "CREATE TABLE schema_history (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
             checksum TEXT NOT NULL, applied_at {moment} NOT NULL, duration_ms {number} NOT NULL)"
        ))
        .await?;
        for applied in &self.applied {
            record(db, applied).await?;
        }
        if self.is_earlier {
            // So that a program of that release sees that this is not its database any more.
            db.execute_unprepared("DROP TABLE seaql_migrations").await?;
        }
        Ok(())
    }
}

/// Notes that a migration was applied.
pub(crate) async fn record(db: &impl ConnectionTrait, applied: &Applied) -> Result<(), DbErr> {
    let sql = "INSERT INTO schema_history (version, name, checksum, applied_at, duration_ms) \
               VALUES ($1, $2, $3, $4, $5)";
    let Applied { version, name, checksum, applied_at, duration_ms } = applied;
    let version = i32::try_from(*version).map_err(|error| DbErr::Custom(error.to_string()))?;
    let values = [
        version.into(),
        name.as_str().into(),
        checksum.as_str().into(),
        (*applied_at).into(),
        (*duration_ms).into(),
    ];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.execute_raw(statement).await.map(|_| ())
}

/// Forgets that a migration was applied.
pub(crate) async fn forget(db: &impl ConnectionTrait, version: u32) -> Result<(), DbErr> {
    let sql = format!("DELETE FROM schema_history WHERE version = {version}");
    db.execute_unprepared(&sql).await.map(|_| ())
}

async fn ours(db: &impl ConnectionTrait) -> Result<Vec<Applied>, MigrateError> {
    let sql = "SELECT version, name, checksum, applied_at, duration_ms FROM schema_history ORDER BY version";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let mut applied = Vec::with_capacity(rows.len());
    for row in rows {
        let version: i32 = row.try_get("", "version")?;
        applied.push(Applied {
            version: version.unsigned_abs(),
            name: row.try_get("", "name")?,
            checksum: row.try_get("", "checksum")?,
            applied_at: row.try_get("", "applied_at")?,
            duration_ms: row.try_get("", "duration_ms")?,
        });
    }
    Ok(applied)
}

/// What the engine of an earlier release noted. It knew no checksums: what it applied is what is written here, since
/// no released migration was ever changed.
async fn earlier(db: &impl ConnectionTrait, migrations: &[Migration]) -> Result<Vec<Applied>, MigrateError> {
    let sql = "SELECT version, applied_at FROM seaql_migrations ORDER BY version";
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    let mut applied = Vec::with_capacity(rows.len());
    let mut unknown = Vec::new();
    for row in rows {
        let noted: String = row.try_get("", "version")?;
        let seconds: i64 = row.try_get("", "applied_at")?;
        let version = EARLIER_NAMES.iter().find(|(name, _)| *name == noted).map(|(_, version)| *version);
        match version.and_then(|version| migrations.iter().find(|one| one.version == version)) {
            Some(one) => applied.push(Applied {
                version: one.version,
                name: one.name.to_string(),
                checksum: one.checksum(),
                applied_at: DateTime::from_timestamp(seconds, 0).unwrap_or_default(),
                duration_ms: 0,
            }),
            None => unknown.push(noted),
        }
    }
    if unknown.is_empty() { Ok(applied) } else { Err(MigrateError::Unknown(unknown)) }
}

/// Whether there is such a table.
pub(crate) async fn exists(db: &impl ConnectionTrait, table: &str) -> Result<bool, DbErr> {
    let sql = match db.get_database_backend() {
        DbBackend::Sqlite => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = $1",
        _ => "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) AND relname = $1",
    };
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [table.into()]);
    Ok(db.query_one_raw(statement).await?.is_some())
}
