//! How requests are refused: problems (RFC 9457) with a stable type.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use entities::{SyncId, identity::IdentityError};
use sea_orm::{DbErr, RuntimeErr, sqlx};
use serde::Serialize;
use source::SourceError;
use utoipa::ToSchema;

/// The media type of a problem.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// What the type of each problem begins with.
pub const TYPE_PREFIX: &str = "urn:project-sync:problem:";

/// Seconds after which a request is worth repeating that came while something was away.
const RETRY_AFTER_SECONDS: u64 = 2;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $title:literal;)+) => {
        /// The kinds of problems. Stable: programs match their words.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Code {
            $($(#[$doc])* $name,)+
            /// The repository cannot be read: `source-` and the word of the source's own error.
            Source(&'static str),
        }

        impl Code {
            /// All that have a word of their own.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The word, as the type of a problem ends.
            pub fn word(self) -> String {
                match self {
                    $(Self::$name => $word.to_owned(),)+
                    Self::Source(word) => format!("source-{word}"),
                }
            }

            /// The HTTP status.
            pub fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                    Self::Source(_) => StatusCode::UNPROCESSABLE_ENTITY,
                }
            }

            fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)+
                    Self::Source(_) => "The repository cannot be read",
                }
            }
        }
    };
}

codes! {
    /// The body, the query or the path is not of the form that is wanted.
    Malformed = "malformed-request", BAD_REQUEST, "The request is malformed";
    /// No token, or a wrong one.
    Unauthorized = "unauthorized", UNAUTHORIZED, "A token is required";
    /// The name and the password do not belong together.
    InvalidCredentials = "invalid-credentials", UNAUTHORIZED, "Name or password is wrong";
    /// Whoever asks lacks a right.
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    /// The request comes from a page of another site, or by a name that is not ours.
    ForeignOrigin = "foreign-origin", FORBIDDEN, "The request comes from elsewhere";
    /// There is nothing at this path.
    NotFound = "not-found", NOT_FOUND, "There is nothing here";
    /// No project of this id.
    ProjectNotFound = "project-not-found", NOT_FOUND, "No such project";
    /// No branch of this name.
    BranchNotFound = "branch-not-found", NOT_FOUND, "No such branch";
    /// No sync of this id or number.
    SyncNotFound = "sync-not-found", NOT_FOUND, "No such sync";
    /// No dead job of this id.
    DeadJobNotFound = "dead-job-not-found", NOT_FOUND, "No such dead job";
    /// No token of this id.
    TokenNotFound = "token-not-found", NOT_FOUND, "No such token";
    /// No member of this id.
    MemberNotFound = "member-not-found", NOT_FOUND, "No such member";
    /// No tenant of this id that the user is a member of.
    TenantNotFound = "tenant-not-found", NOT_FOUND, "No such tenant";
    /// The project has no credential.
    CredentialNotFound = "credential-not-found", NOT_FOUND, "No credential is set";
    /// The project takes no hooks.
    HookNotFound = "hook-not-found", NOT_FOUND, "No hook is set";
    /// No schedule of this id.
    ScheduleNotFound = "schedule-not-found", NOT_FOUND, "No such schedule";
    /// The project is not polled.
    PollingNotFound = "polling-not-found", NOT_FOUND, "Polling is not set up";
    /// No webhook of this id.
    WebhookNotFound = "webhook-not-found", NOT_FOUND, "No such webhook";
    /// No delivery of this id to the webhook.
    DeliveryNotFound = "delivery-not-found", NOT_FOUND, "No such delivery";
    /// The webhook is switched off.
    WebhookDisabled = "webhook-disabled", CONFLICT, "The webhook is switched off";
    /// The path knows other methods.
    MethodNotAllowed = "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body did not arrive in time.
    BodyTimeout = "body-timeout", REQUEST_TIMEOUT, "The body did not arrive in time";
    /// A project of this name exists.
    NameTaken = "name-taken", CONFLICT, "The name is taken";
    /// There is a user already.
    AlreadySetUp = "already-set-up", CONFLICT, "The installation is set up";
    /// A tenant would be left without an owner.
    LastOwner = "last-owner", CONFLICT, "The last owner stays";
    /// The service has no keys to seal secrets with.
    NoKeys = "no-keys", CONFLICT, "The service has no keys";
    /// There are as many as there may be.
    LimitReached = "limit-reached", CONFLICT, "There are too many already";
    /// A sync has not ended that must have.
    SyncActive = "sync-active", CONFLICT, "A sync has not ended";
    /// Another sync of the branch, which does something else, waits or runs.
    BranchBusy = "branch-busy", CONFLICT, "Another sync of the branch comes first";
    /// The sync has ended.
    AlreadyEnded = "already-ended", CONFLICT, "The sync has ended already";
    /// The sync did not complete, so that it left no state.
    SyncNotCompleted = "sync-not-completed", CONFLICT, "The sync did not complete";
    /// The sync completed: it is a link of its branch's chain.
    SyncCompleted = "sync-completed", CONFLICT, "The sync is part of the history";
    /// The state that the sync left is not kept any more.
    SyncForgotten = "sync-forgotten", GONE, "The state is not kept any more";
    /// A request of the same key is being served.
    InProgress = "request-in-progress", CONFLICT, "The same request is being served";
    /// The body is larger than what is accepted.
    BodyTooLarge = "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is no JSON by its own account.
    UnsupportedMediaType = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "The body must be JSON";
    /// A value is of the right form and cannot be accepted.
    InvalidValue = "invalid-value", UNPROCESSABLE_ENTITY, "A value is not acceptable";
    /// What is deleted must be named once more.
    ConfirmationRequired = "confirmation-required", UNPROCESSABLE_ENTITY, "A confirmation is required";
    /// An operation on many things needs to be told which.
    FilterRequired = "filter-required", UNPROCESSABLE_ENTITY, "A filter is required";
    /// The key belongs to another request.
    KeyReused = "idempotency-key-reused", UNPROCESSABLE_ENTITY, "The key belongs to another request";
    /// The dead job is no sync that could be repeated.
    NothingToRepeat = "nothing-to-repeat", UNPROCESSABLE_ENTITY, "There is nothing to repeat";
    /// Too many requests, or too many wrong passwords.
    TooManyRequests = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests";
    /// A bug of ours.
    Internal = "internal", INTERNAL_SERVER_ERROR, "Something went wrong";
    /// The database does not answer.
    DatabaseAway = "database-unavailable", SERVICE_UNAVAILABLE, "The database does not answer";
    /// Something that is needed to serve does not answer.
    NotReady = "not-ready", SERVICE_UNAVAILABLE, "Not ready to serve";
    /// The request took too long.
    Timeout = "timeout", SERVICE_UNAVAILABLE, "The request took too long";
}

/// Why a request is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    code: Code,
    detail: String,
    field: Option<String>,
    sync: Option<SyncId>,
    retry_after: Option<u64>,
}

/// A problem as it is answered (RFC 9457).
#[derive(Serialize, ToSchema, Debug)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// What kind of problem it is: `urn:project-sync:problem:` and a stable word.
    #[schema(example = "urn:project-sync:problem:project-not-found")]
    r#type: String,
    /// The kind in words, the same for all problems of it.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this very request, in words.
    detail: String,
    /// The field of the body, the query or the path that is wrong; parts are separated by dots.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// The sync that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>)]
    sync_id: Option<SyncId>,
    /// The trace of the request, where it has one: name it when you ask for help.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<String>,
}

impl Problem {
    /// A problem in words for the user.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), field: None, sync: None, retry_after: None }
    }

    /// A value of the request that is of the right form and cannot be accepted.
    pub fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidValue, detail).field(field)
    }

    /// A bug of ours: told in the log, and to the user only that it is one.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        tracing::error!(error = %what, "a request failed");
        Self::new(Code::Internal, "the error is in the log of the server")
    }

    /// Names what of the request is wrong.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the sync that stands in the way.
    #[must_use]
    pub fn sync(mut self, sync: SyncId) -> Self {
        self.sync = Some(sync);
        self
    }

    /// Tells after how many seconds the request is worth repeating.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds.max(1));
        self
    }

    /// The kind.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What of the request is wrong.
    pub fn wrong_field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// The answer, with the trace of the request.
    pub(crate) fn answer(self, trace_id: Option<String>) -> Response {
        let status = self.code.status();
        let body = ProblemBody {
            r#type: format!("{TYPE_PREFIX}{}", self.code.word()),
            title: self.code.title(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            field: self.field.clone(),
            sync_id: self.sync,
            trace_id,
        };
        // Texts and numbers only: there is nothing that could fail.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.code == Code::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        // The outermost layer knows the trace and writes the body again.
        response.extensions_mut().insert(self);
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer(None)
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        if is_away(&error) {
            tracing::error!(%error, "the database does not answer");
            return Self::new(Code::DatabaseAway, "the database does not answer; try again")
                .retry_after(RETRY_AFTER_SECONDS);
        }
        Self::internal(error)
    }
}

impl From<IdentityError> for Problem {
    fn from(error: IdentityError) -> Self {
        let text = error.to_string();
        match error {
            IdentityError::Database(error) => error.into(),
            IdentityError::Random => Self::internal(text),
            IdentityError::Invalid { field, .. } => Self::invalid(field, text),
            IdentityError::NameTaken { .. } => Self::new(Code::NameTaken, text).field("name"),
            IdentityError::NotFound { what: "project" } => {
                Self::new(Code::ProjectNotFound, text).field("projectId")
            }
            IdentityError::NotFound { what: "member" } => {
                Self::new(Code::MemberNotFound, text).field("userId")
            }
            IdentityError::NotFound { .. } => Self::new(Code::TenantNotFound, text).field("tenantId"),
            IdentityError::TooMuch { .. } => Self::new(Code::Forbidden, text),
            IdentityError::LastOwner => Self::new(Code::LastOwner, text),
            IdentityError::AlreadySetUp => Self::new(Code::AlreadySetUp, text),
            IdentityError::TooMany { .. } => Self::new(Code::LimitReached, text),
            IdentityError::Busy => Self::new(Code::TooManyRequests, text).retry_after(RETRY_AFTER_SECONDS),
        }
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        match &error {
            SourceError::BranchNotFound { .. } => {
                Self::new(Code::BranchNotFound, error.to_string()).field("branch")
            }
            SourceError::Io { .. } => {
                tracing::error!(%error, "a repository cannot be read");
                Self::new(Code::Source(error.code()), error.to_string())
            }
            _ => Self::new(Code::Source(error.code()), error.to_string()),
        }
    }
}

/// Whether the database is away, rather than refuses: the same may go well in a moment.
fn is_away(error: &DbErr) -> bool {
    let cause = match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => return true,
        DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => cause,
        _ => return false,
    };
    match cause.as_ref() {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => true,
        // Postgres: connection exceptions, too many connections, shutting down or starting up. SQLite: busy.
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P") || code == "53300" || code == "5"
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What programs match: changing any of it breaks them.
    #[test]
    fn the_words_are_stable() {
        let shown: Vec<String> = Code::ALL
            .iter()
            .map(|code| format!("{} {} {}", code.status().as_u16(), code.word(), code.title()))
            .collect();
        insta::assert_snapshot!(shown.join("\n"));
        assert_eq!(Code::Source("unreachable").word(), "source-unreachable");
    }
}
