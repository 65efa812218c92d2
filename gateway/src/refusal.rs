//! Why a stream is refused, as a problem (RFC 9457) like those of the API.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{feed::OpenError, limits::Full, target::Target};

/// The media type of problems.
const PROBLEM_JSON: &str = "application/problem+json";

/// After how many seconds a request is worth repeating that came while there was no room, or no database.
const RETRY_AFTER_SECONDS: u16 = 5;

/// Why a stream is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no such sync. Trying again does not help.
    SyncNotFound,
    /// There is no such project. Trying again does not help.
    ProjectNotFound,
    /// The client has as many streams as one may have. Trying again helps when it closed one.
    TooManyStreams,
    /// All streams are taken. Trying again may help.
    NoRoom,
    /// The database is away. Trying again may help.
    DatabaseAway,
}

/// A problem, as the API describes it.
#[derive(Serialize)]
struct Problem {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: &'static str,
}

impl Refusal {
    /// Why a target cannot be followed. What the database says goes to the log.
    pub(crate) fn of(target: Option<Target>, error: &OpenError) -> Self {
        match (error, target) {
            (OpenError::NotFound, Some(Target::Project(_))) => Self::ProjectNotFound,
            (OpenError::NotFound, _) => Self::SyncNotFound,
            (OpenError::Database(error), _) => {
                tracing::error!(%error, "a stream cannot be opened");
                Self::DatabaseAway
            }
        }
    }

    /// The status that a request for the stream is answered with: from 500 on, and for 429, trying again may help.
    pub fn status(self) -> StatusCode {
        self.parts().0
    }

    /// The stable word of the problem.
    pub fn word(self) -> &'static str {
        self.parts().1
    }

    /// The problem in words for the user.
    pub fn detail(self) -> &'static str {
        self.parts().3
    }

    /// Counts a stream that a limit refused. Here and not where the limits are: a connection of its own that is refused
    /// comes by twice.
    pub(crate) fn note(self) {
        let why = match self {
            Self::TooManyStreams => "perClient",
            Self::NoRoom => "total",
            Self::SyncNotFound | Self::ProjectNotFound | Self::DatabaseAway => return,
        };
        metrics::counter!(crate::telemetry::REFUSED, "why" => why).increment(1);
    }

    fn parts(self) -> (StatusCode, &'static str, &'static str, &'static str) {
        match self {
            Self::SyncNotFound => {
                (StatusCode::NOT_FOUND, "sync-not-found", "There is no such sync", "no sync has this id")
            }
            Self::ProjectNotFound => (
                StatusCode::NOT_FOUND,
                "project-not-found",
                "There is no such project",
                "no project has this id",
            ),
            Self::TooManyStreams => (
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-streams",
                "Too many streams",
                "this client has as many event streams as one may have: close one first",
            ),
            Self::NoRoom => (
                StatusCode::SERVICE_UNAVAILABLE,
                "no-room",
                "No room for another stream",
                "this server has as many event streams as it may have; try again",
            ),
            Self::DatabaseAway => (
                StatusCode::SERVICE_UNAVAILABLE,
                "database-away",
                "The database does not answer",
                "the database does not answer; try again",
            ),
        }
    }
}

impl From<Full> for Refusal {
    fn from(full: Full) -> Self {
        match full {
            Full::PerClient => Self::TooManyStreams,
            Full::Total => Self::NoRoom,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, word, title, detail) = self.parts();
        let r#type = format!("urn:project-sync:problem:{word}");
        let problem = Problem { r#type, title, status: status.as_u16(), detail };
        // Texts and a number only: there is nothing that could fail.
        let mut response = Response::new(Body::from(serde_json::to_vec(&problem).unwrap_or_default()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status != StatusCode::NOT_FOUND {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER_SECONDS));
        }
        response
    }
}
