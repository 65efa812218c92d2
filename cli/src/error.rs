//! What can go wrong at the command line, what could help, and the exit code that tells it to scripts.

use std::{io, path::PathBuf};

use bus::QueueError;
use entities::{ProjectSync, RoleError, SourceSpecError, SyncStatus};
use migration::MigrateError;
use sea_orm::DbErr;
use source::{LocateError, SourceError};
use worker::error::SyncError;

/// The exit code of a command that was interrupted, or whose sync was cancelled.
pub const INTERRUPTED: u8 = 130;
/// The exit code of a failure that has no code of its own.
pub const FAILED: u8 = 1;
/// The exit code of a command that cannot be understood.
pub const USAGE: u8 = 2;
/// The exit code of a host that cannot be reached or is broken.
pub const UNREACHABLE: u8 = 3;
/// The exit code of what is not there.
pub const NOT_FOUND: u8 = 4;

/// What went wrong. The text is for users and holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Reading a repository, running a sync or proving it failed.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The database cannot be opened.
    #[error("cannot open the database{}: {source}", file.as_ref().map(|file| format!(" {}", file.display())).unwrap_or_default())]
    OpenDatabase {
        /// The SQLite file. None of a server: its URL may hold a password.
        file: Option<PathBuf>,
        /// The database's error.
        source: DbErr,
    },
    /// The source cannot be read as one.
    #[error(transparent)]
    SourceText(#[from] SourceSpecError),
    /// The command or the settings cannot work as they are.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What could help.
        hint: Option<String>,
    },
    /// What was named is not there.
    #[error("{message}")]
    NotFound {
        /// What is not there.
        message: String,
        /// What could help.
        hint: Option<String>,
    },
    /// A sync ended without completing, and its row is all that we know.
    #[error("{message}")]
    Ended {
        /// A stable word for the error.
        code: String,
        /// The error in words.
        message: String,
    },
    /// The user interrupted the command.
    #[error("interrupted")]
    Interrupted,
    /// Nothing may be begun: an operator said so.
    #[error("the queue or the project is paused, so no sync is begun")]
    Paused,
    /// The queue does not answer.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// A service refused, or the same rule did without one.
    #[error("{message}")]
    Refused {
        /// The status that the API answers with.
        status: u16,
        /// The stable word of the problem.
        code: String,
        /// The problem in words.
        message: String,
    },
    /// A service does not answer, or is none of ours.
    #[error("cannot reach {server}: {reason}")]
    Unreachable {
        /// Its address.
        server: String,
        /// Why.
        reason: String,
    },
    /// So many parts are broken.
    #[error("not all is well: {0} failed")]
    Unhealthy(usize),
    /// The database needs migrations that are not applied on the way.
    #[error("the database's schema is {0} migrations behind this program")]
    PendingMigrations(usize),
    /// It cannot be done as things are.
    #[error("{message}")]
    Blocked {
        /// What stands in the way.
        message: String,
        /// What could help.
        hint: Option<String>,
    },
    /// What an installation promises did not hold under load.
    #[error("under this load not everything held: {0}")]
    Load(String),
    /// The schema is not ours, or was not changed.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// So many statements of pending migrations would not be run.
    #[error("{0} of the statements are refused")]
    RefusedStatements(usize),
    /// The schema is not what this program was written for.
    #[error("the schema differs in {0} places from what this program was written for")]
    Drift(usize),
    /// Reading or writing on this machine failed.
    #[error("{action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// The system's error.
        source: io::Error,
    },
    /// Standard output could not be written.
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
}

impl CliError {
    /// That the program must not be logged in to the database as it is.
    pub fn role(error: RoleError) -> Self {
        match error {
            RoleError::Database(error) => error.into(),
            error => Self::Blocked {
                message: error.to_string(),
                hint: Some(
                    "log in as a member of project_sync_app and of nothing else (database.url); \
                     `project-sync migrate roles` prints how such a user is made"
                        .to_owned(),
                ),
            },
        }
    }

    /// A command that cannot work.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// Something that is not there, with names that look like it.
    pub fn not_found(message: impl Into<String>, hint: Option<String>) -> Self {
        Self::NotFound { message: message.into(), hint }
    }

    /// Settings that cannot be read. The key is named; the values are not shown, they may be secret.
    pub fn settings(error: &config::ConfigError) -> Self {
        let hint = Some("`project-sync config` prints every setting with its default".to_owned());
        Self::Usage { message: format!("settings: {error}"), hint }
    }

    /// Wraps an I/O error with what was being done.
    pub fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }

    /// The error that a sync ended with; none if it completed.
    pub fn of_ended(sync: &ProjectSync) -> Option<Self> {
        match sync.status {
            SyncStatus::Completed | SyncStatus::Pending | SyncStatus::Running => None,
            SyncStatus::Cancelled => Some(Self::Ended {
                code: "cancelled".to_owned(),
                message: "the sync was cancelled".to_owned(),
            }),
            SyncStatus::Failed => Some(Self::Ended {
                code: sync.error_code.clone().unwrap_or_default(),
                message: sync.error_message.clone().unwrap_or_else(|| "the sync failed".to_owned()),
            }),
        }
    }

    /// The stable word for the error of a sync, if it is one.
    fn code(&self) -> Option<&str> {
        match self {
            Self::Sync(error) => Some(error.code()),
            Self::Ended { code, .. } => Some(code),
            _ => None,
        }
    }

    /// The exit code.
    pub fn exit_code(&self) -> u8 {
        if let Some(code) = self.code() {
            return exit_code_of(code);
        }
        match self {
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Usage { .. } => USAGE,
            Self::OpenDatabase { file: None, .. } | Self::Queue(_) | Self::Unreachable { .. } => UNREACHABLE,
            Self::Refused { status, .. } => exit_code_of_status(*status),
            Self::SourceText(SourceSpecError::Unknown(_)) | Self::NotFound { .. } => NOT_FOUND,
            Self::SourceText(_) => USAGE,
            Self::Interrupted => INTERRUPTED,
            _ => FAILED,
        }
    }

    /// Whether the user need not be told: whoever read our output has had enough.
    pub fn is_quiet(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// What could help.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Usage { hint, .. } | Self::NotFound { hint, .. } | Self::Blocked { hint, .. } => {
                hint.clone()
            }
            Self::OpenDatabase { file: Some(_), .. } => Some(
                "the data folder must be writable and have space left; --data names another one".to_owned(),
            ),
            Self::Paused => Some("`project-sync queue resume` ends the pause".to_owned()),
            Self::Refused { code, .. } if code == "unauthorized" => Some(
                "give the service's token with --server-token-file or PROJECT_SYNC_SERVER_TOKEN".to_owned(),
            ),
            Self::Unreachable { .. } => Some("check that the service runs, and its address".to_owned()),
            Self::Schema(MigrateError::Unknown(_)) => {
                Some("a newer program has migrated this database: run that one".to_owned())
            }
            Self::Schema(MigrateError::Altered(_)) => {
                Some("this program is not the release that migrated the database".to_owned())
            }
            Self::Schema(MigrateError::Roles(_)) => {
                Some("a superuser runs `project-sync migrate roles --apply` once".to_owned())
            }
            Self::Schema(error) if error.may_pass() => {
                Some("nothing was changed; try again later".to_owned())
            }
            Self::Schema(_) => Some("nothing was changed; see docs/MIGRATIONS.md".to_owned()),
            Self::PendingMigrations(_) => Some("run `project-sync migrate`".to_owned()),
            _ => self.code().and_then(hint_for).map(str::to_owned),
        }
    }
}

impl From<api::Problem> for CliError {
    fn from(problem: api::Problem) -> Self {
        let code = problem.code();
        Self::Refused { status: code.status().as_u16(), code: code.word(), message: problem.to_string() }
    }
}

impl From<SourceError> for CliError {
    fn from(error: SourceError) -> Self {
        Self::Sync(error.into())
    }
}

/// The exit code for a status of the API.
fn exit_code_of_status(status: u16) -> u8 {
    match status {
        400 | 422 => USAGE,
        404 | 410 => NOT_FOUND,
        503 => UNREACHABLE,
        _ => FAILED,
    }
}

/// The exit code for a sync's error.
fn exit_code_of(code: &str) -> u8 {
    match code {
        "unreachable" | "server-error" => UNREACHABLE,
        "repository-not-found"
        | "not-a-repository"
        | "branch-not-found"
        | "no-such-sync"
        | "sync-forgotten" => NOT_FOUND,
        "cancelled" => INTERRUPTED,
        _ => FAILED,
    }
}

/// What could help against a sync's error, where its own text does not say.
fn hint_for(code: &str) -> Option<&'static str> {
    Some(match code {
        "branch-not-found" => "`project-sync branches SOURCE` lists the branches",
        "token-refused" => "check that the token is valid and may read the repository's contents",
        "rate-limited" => "with a token (--token-file or GITHUB_TOKEN) the limit is higher",
        "unreachable" | "server-error" => "nothing was lost; run the command again later",
        "not-allowed" => "what may be read is a setting: see [source] in `project-sync config`",
        "too-large" => "the limits are settings: see `project-sync config`",
        "worker-lost" | "claim-lost" => "nothing was lost; run the command again",
        "proof" => "run the sync again with --force; if that fails too, the database is damaged",
        _ => return None,
    })
}

impl From<LocateError> for CliError {
    fn from(error: LocateError) -> Self {
        match error {
            LocateError::Source(error) => Self::Sync(error.into()),
            LocateError::Database(error) => Self::Database(error),
            LocateError::NoFreeName => Self::usage(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_stable() {
        let source = |error: SourceError| CliError::from(error).exit_code();
        let unreachable = SourceError::Unreachable { host: "h".into(), reason: "r".into() };
        assert_eq!(source(unreachable), 3);
        assert_eq!(source(SourceError::Server { host: "h".into(), status: 500, reason: "r".into() }), 3);
        assert_eq!(source(SourceError::BranchNotFound { branch: "b".into(), near: Vec::new() }), 4);
        assert_eq!(source(SourceError::NotARepository("p".into())), 4);
        assert_eq!(source(SourceError::RepositoryNotFound { repository: "r".into(), has_token: false }), 4);
        assert_eq!(source(SourceError::EmptyRepository), 1);
        assert_eq!(source(SourceError::Cancelled), 130);
        assert_eq!(CliError::Interrupted.exit_code(), 130);
        let refused = |code| CliError::from(api::Problem::new(code, "why")).exit_code();
        assert_eq!(refused(api::Code::SyncNotFound), 4);
        assert_eq!(refused(api::Code::FilterRequired), 2);
        assert_eq!(refused(api::Code::AlreadyEnded), 1);
        assert_eq!(refused(api::Code::DatabaseAway), 3);
        assert_eq!(CliError::from(SourceSpecError::Empty).exit_code(), 2);
        assert_eq!(CliError::from(io::Error::from(io::ErrorKind::BrokenPipe)).exit_code(), 0);
        assert_eq!(CliError::from(io::Error::from(io::ErrorKind::StorageFull)).exit_code(), 1);
    }
}
