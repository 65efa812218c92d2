//! How far a database is. Only reads.

use chrono::{DateTime, Utc};
use sea_orm::ConnectionTrait;

use crate::{
    error::MigrateError,
    history::History,
    list::{Migration, migrations},
};

/// A migration and what the database knows of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Status {
    /// Its place.
    pub version: u32,
    /// Its word.
    pub name: String,
    /// Where it stands.
    pub state: State,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<i64>,
}

/// Where a migration stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It was applied, as it is written here.
    Applied,
    /// It is still to be applied.
    Pending,
    /// It was applied, and is written differently here.
    Altered,
    /// It was applied, and this program does not know it.
    Unknown,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Altered => "altered",
            Self::Unknown => "unknown",
        }
    }
}

/// All migrations, those of this program and those of the database, oldest first.
///
/// # Errors
/// If the database is away, or an earlier engine noted something that is none of ours.
pub async fn status(db: &impl ConnectionTrait) -> Result<Vec<Status>, MigrateError> {
    status_of(db, &migrations(db.get_database_backend())).await
}

/// Like [`status`], of a list of one's own.
///
/// # Errors
/// Like [`status`].
pub async fn status_of(
    db: &impl ConnectionTrait,
    migrations: &[Migration],
) -> Result<Vec<Status>, MigrateError> {
    let history = History::read(db, migrations).await?;
    let mut listed: Vec<Status> = history
        .applied
        .iter()
        .map(|applied| {
            let ours = migrations.iter().find(|one| one.version == applied.version);
            let state = match ours {
                None => State::Unknown,
                Some(one) if one.checksum() == applied.checksum && one.name == applied.name => State::Applied,
                Some(_) => State::Altered,
            };
            Status {
                version: applied.version,
                name: applied.name.clone(),
                state,
                applied_at: Some(applied.applied_at),
                duration_ms: Some(applied.duration_ms),
            }
        })
        .collect();
    let is_applied = |one: &&Migration| history.applied.iter().any(|applied| applied.version == one.version);
    listed.extend(migrations.iter().filter(|one| !is_applied(one)).map(|one| Status {
        version: one.version,
        name: one.name.to_string(),
        state: State::Pending,
        applied_at: None,
        duration_ms: None,
    }));
    listed.sort_by_key(|status| status.version);
    Ok(listed)
}

/// Like [`crate::pending`], of a list of one's own.
///
/// # Errors
/// Like [`crate::pending`].
pub async fn pending_of(
    db: &impl ConnectionTrait,
    migrations: &[Migration],
) -> Result<Vec<String>, MigrateError> {
    let history = History::read(db, migrations).await?;
    Ok(history.pending(migrations)?.iter().map(Migration::title).collect())
}
