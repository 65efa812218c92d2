//! Why a sync failed, told so that the type says what could help.

use chrono::{DateTime, Utc};
use entities::{
    ObjectId,
    temporal::{Forgotten, StateError},
};
use sea_orm::{DbErr, RuntimeErr, SqlErr};

use source::{Retry, SourceError};

/// Why a sync, or a phase of it, failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The repository could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The rows do not make the commit's tree.
    #[error("the rows do not prove the commit: {path} should be tree {expected} and is {found}")]
    Proof {
        /// The directory, lossily decoded.
        path: String,
        /// The tree that it should make.
        expected: ObjectId,
        /// The tree that its rows make.
        found: ObjectId,
    },
    /// A path that cannot be kept.
    #[error("a path of {0} bytes is longer than the limit of {MAX_PATH_BYTES}")]
    PathTooLong(usize),
    /// Another worker has taken the sync over.
    #[error("the sync was taken over by another worker")]
    ClaimLost,
    /// The database has not answered in time.
    #[error("the database has not answered in time")]
    NoAnswer,
    /// Someone asked for its end.
    #[error("cancelled")]
    Cancelled,
    /// A sync that this one builds on is not there.
    #[error("sync number {0} of the branch is not there")]
    NoSuchSync(i64),
    /// The state that a restore goes back to is not kept any more.
    #[error(transparent)]
    Forgotten(#[from] Forgotten),
    /// The phases ran out of order: a bug of ours.
    #[error("internal error: {0}")]
    Internal(&'static str),
}

/// The longest path that is kept, in bytes.
pub const MAX_PATH_BYTES: usize = 16_384;

/// What could help after a phase failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recovery {
    /// Nothing.
    None,
    /// Running the phase again, after a pause.
    Phase,
    /// Finding the branch's head again, after a pause: what was being read is gone.
    Head,
    /// Reading everything instead of what is new: the source does not have what we thought we know.
    Everything,
}

impl SyncError {
    /// What could help.
    pub fn recovery(&self) -> Recovery {
        match self {
            Self::Source(SourceError::CommitGone(_)) => Recovery::Head,
            Self::Source(SourceError::Missing(_)) => Recovery::Everything,
            // The source has already waited as long as it may.
            Self::Source(SourceError::RateLimited { .. }) => Recovery::None,
            Self::Source(error) if error.retry() != Retry::Never => Recovery::Phase,
            Self::Database(error) if is_passing(error) => Recovery::Phase,
            _ => Recovery::None,
        }
    }

    /// Whether the sync may succeed if it is begun again later.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Source(SourceError::RateLimited { .. })) || self.recovery() != Recovery::None
    }

    /// When it makes sense to begin again, where the error tells.
    pub fn retry_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Source(SourceError::RateLimited { reset, .. }) => Some(*reset),
            _ => None,
        }
    }

    /// A stable word for this kind of error: kept in rows and events, matched by programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Source(error) => error.code(),
            Self::Database(_) => "database",
            Self::Proof { .. } => "proof",
            Self::PathTooLong(_) => "path-too-long",
            Self::ClaimLost => "claim-lost",
            Self::NoAnswer => "database",
            Self::Cancelled => "cancelled",
            Self::NoSuchSync(_) => "no-such-sync",
            Self::Forgotten(_) => "sync-forgotten",
            Self::Internal(_) => "internal",
        }
    }
}

impl From<StateError> for SyncError {
    fn from(error: StateError) -> Self {
        match error {
            StateError::NotCompleted { .. } => Self::Internal("a state of a sync that did not complete"),
            StateError::Forgotten(forgotten) => forgotten.into(),
            StateError::Database(error) => error.into(),
        }
    }
}

/// Whether a database error may pass: the connection, a lock, a deadlock, a content that was removed because nobody
/// showed it yet. Anything else is the same next time.
pub(crate) fn is_passing(error: &DbErr) -> bool {
    if matches!(error.sql_err(), Some(SqlErr::ForeignKeyConstraintViolation(_))) {
        return true;
    }
    match error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            is_passing_sqlx(error)
        }
        _ => false,
    }
}

fn is_passing_sqlx(error: &sea_orm::sqlx::Error) -> bool {
    use sea_orm::sqlx::Error;
    match error {
        Error::Io(_)
        | Error::Tls(_)
        | Error::Protocol(_)
        | Error::PoolTimedOut
        | Error::PoolClosed
        | Error::WorkerCrashed => true,
        // PostgreSQL, appendix A: 40001 and 40P01, a transaction that lost against another; class 08, the connection;
        // 53300, too many of them; class 57 from P01 on, the server stops or starts.
        Error::Database(error) => {
            let is_passing_code = error.code().is_some_and(|code| {
                code.starts_with("08")
                    || ["40001", "40P01", "53300", "57P01", "57P02", "57P03"].contains(&code.as_ref())
            });
            is_passing_code || error.message().contains("database is locked")
        }
        _ => false,
    }
}
