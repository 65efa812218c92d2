//! What can go wrong when a repository is read, told so that the type says whether trying again could help.

use std::time::Duration;

use chrono::{DateTime, Utc};
use entities::ObjectId;

/// Whether trying again could help.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retry {
    /// No: the same request will fail again.
    Never,
    /// Yes, after a pause.
    Backoff,
    /// Yes, but not before this long from now.
    After(Duration),
}

/// Why a repository could not be read. The text is for users and holds no secret.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No such repository, or a private one that the (absent) token does not open: hosts do not tell which.
    #[error("repository not found: {repository}{}", if *.has_token { ", or the token does not give access to it" } else { "; if it is private, pass a token" })]
    RepositoryNotFound {
        /// The repository as the user named it.
        repository: String,
        /// Whether a token was sent.
        has_token: bool,
    },
    /// The path holds no git repository.
    #[error("not a git repository: {0}")]
    NotARepository(String),
    /// The token was refused (expired, revoked, or lacking a permission).
    #[error("the token was refused by {host}")]
    TokenRefused {
        /// The host that refused it.
        host: String,
    },
    /// No branch of that name.
    #[error("no branch named '{branch}'{}", suggestion(near))]
    BranchNotFound {
        /// The name asked for.
        branch: String,
        /// At most three names that look like it, best first.
        near: Vec<String>,
    },
    /// There are no commits yet.
    #[error("the repository is empty: it has no commits yet")]
    EmptyRepository,
    /// HEAD points at no branch and none was asked for.
    #[error("HEAD is detached; name a branch with --branch")]
    DetachedHead,
    /// The repository uses something that is not read, such as SHA-256 object ids.
    #[error("not supported: {0}")]
    Unsupported(String),
    /// The commit went away while it was read (a force-push, a deleted branch).
    #[error("commit {0} is gone: the branch was force-pushed or deleted while it was read")]
    CommitGone(ObjectId),
    /// An object that must exist does not.
    #[error("object {0} is missing from the repository")]
    Missing(ObjectId),
    /// Bytes arrived that are not what they should be (a bad id, a cut or malformed answer).
    #[error("corrupt data: {0}")]
    Corrupt(String),
    /// The credential that is stored for the project cannot be used.
    #[error("the credential cannot be used: {0}")]
    Credential(String),
    /// The settings do not allow to read it.
    #[error("not allowed: {0}")]
    NotAllowed(String),
    /// A request quota is used up for longer than we are willing to wait.
    #[error("rate limit of {host} reached; it resets at {}", reset.format("%Y-%m-%d %H:%M:%S UTC"))]
    RateLimited {
        /// The host that limits.
        host: String,
        /// When requests are allowed again.
        reset: DateTime<Utc>,
    },
    /// The host cannot be reached, or the connection broke.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// The host.
        host: String,
        /// What happened, in a few words.
        reason: String,
    },
    /// The host answered with an error of its own.
    #[error("{host} answered {status}: {reason}")]
    Server {
        /// The host.
        host: String,
        /// The HTTP status.
        status: u16,
        /// What it said, cut to a line.
        reason: String,
    },
    /// The answer was larger than a documented limit.
    #[error("{what} is over the limit of {limit}")]
    TooLarge {
        /// What was too large.
        what: String,
        /// The limit, with its unit.
        limit: String,
    },
    /// Reading or writing on this machine failed (a full disk, no permission).
    #[error("{action}: {source}")]
    Io {
        /// What was being done.
        action: String,
        /// The system's error.
        source: std::io::Error,
    },
    /// The sync was cancelled.
    #[error("cancelled")]
    Cancelled,
}

fn suggestion(near: &[String]) -> String {
    match near {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(" or ")),
    }
}

impl SourceError {
    /// Whether trying the same again could help.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Unreachable { .. } | Self::Corrupt(_) | Self::CommitGone(_) => Retry::Backoff,
            Self::Server { status, .. } if *status >= 500 || *status == 408 => Retry::Backoff,
            Self::RateLimited { reset, .. } => {
                Retry::After((*reset - Utc::now()).to_std().unwrap_or_default())
            }
            _ => Retry::Never,
        }
    }

    /// A stable word for this kind of error: kept in rows and events, matched by programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RepositoryNotFound { .. } => "repository-not-found",
            Self::NotARepository(_) => "not-a-repository",
            Self::TokenRefused { .. } => "token-refused",
            Self::BranchNotFound { .. } => "branch-not-found",
            Self::EmptyRepository => "empty-repository",
            Self::DetachedHead => "detached-head",
            Self::Unsupported(_) => "unsupported",
            Self::CommitGone(_) => "commit-gone",
            Self::Missing(_) => "object-missing",
            Self::Corrupt(_) => "corrupt-data",
            Self::Credential(_) => "credential",
            Self::NotAllowed(_) => "not-allowed",
            Self::RateLimited { .. } => "rate-limited",
            Self::Unreachable { .. } => "unreachable",
            Self::Server { .. } => "server-error",
            Self::TooLarge { .. } => "too-large",
            Self::Io { .. } => "io",
            Self::Cancelled => "cancelled",
        }
    }

    /// That something is over a limit in bytes.
    pub fn too_large(what: impl Into<String>, limit: u64) -> Self {
        Self::TooLarge { what: what.into(), limit: format!("{limit} bytes") }
    }

    /// Wraps an I/O error with what was being done.
    pub fn io(action: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }
}
