//! Why events are not published now. All of it may pass: they stay where they are.

use sea_orm::DbErr;

/// Why events are not published now.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The broker cannot be reached.
    #[error("the broker cannot be reached: {0}")]
    Connect(lapin::Error),
    /// The broker refuses what the settings ask for: the login, the virtual host, the exchange as it is.
    #[error("the broker refuses: {0}")]
    Refused(lapin::Error),
    /// The connection or its channel ended.
    #[error("the connection to the broker is lost: {0}")]
    Lost(lapin::Error),
    /// The broker is there and does not answer.
    #[error("the broker has not answered in time")]
    NoAnswer,
    /// Another relay has taken over meanwhile.
    #[error("another relay has taken over")]
    LaneLost,
    /// The database refused or is away.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The queue for what no other one wants is gone.
    #[error("the queue for unroutable events is gone")]
    NoParking,
    /// The process ends.
    #[error("the relay stops")]
    Stopped,
}

impl RelayError {
    /// What a connection that could not be opened failed of.
    pub(super) fn opening(error: lapin::Error) -> Self {
        if error.is_amqp_error() { Self::Refused(error) } else { Self::Connect(error) }
    }

    /// A stable word for this kind of error.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Connect(_) => "connect",
            Self::Refused(_) => "refused",
            Self::Lost(_) => "lost",
            Self::NoAnswer => "no-answer",
            Self::LaneLost => "lane-lost",
            Self::Database(_) => "database",
            Self::NoParking => "lost",
            Self::Stopped => "stopped",
        }
    }

    /// Whether the connection to the broker may be used on.
    pub(super) fn spares_connection(&self) -> bool {
        matches!(self, Self::Database(_))
    }
}
