//! The query of a request.

use axum::{
    extract::{FromRequestParts, Query},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::named_field;
use crate::problem::{Code, Problem};

/// What stands before the cause in the message of axum.
const MESSAGE_BEGIN: &str = "Failed to deserialize query string: ";

/// The query.
pub(crate) struct Queried<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Queried<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Problem> {
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(problem(&rejection.body_text())),
        }
    }
}

fn problem(text: &str) -> Problem {
    let text = text.strip_prefix(MESSAGE_BEGIN).unwrap_or(text);
    let (path, message) = match text.split_once(": ") {
        Some((path, message)) if !path.contains(' ') => (path, message),
        _ => (".", text),
    };
    let problem = Problem::new(Code::Malformed, format!("the query does not fit: {message}"));
    match named_field(path, message) {
        Some(field) => problem.field(field),
        None => problem,
    }
}
