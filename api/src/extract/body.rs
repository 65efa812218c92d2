//! The body of a request, as JSON.

use std::{error::Error, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::{StatusCode, header},
};
use serde::de::DeserializeOwned;

use super::named_field;
use crate::problem::{Code, Problem};

/// How long a body may take to arrive.
const BODY_PATIENCE: Duration = Duration::from_secs(10);

/// A JSON body. No body at all counts as an empty object.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if is_packed(&request) {
            let detail = "the body must be sent as it is, without Content-Encoding";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let is_json = is_json(&request);
        let bytes = read(request, state).await?;
        if bytes.is_empty() {
            return parse(b"{}").map(Self);
        }
        if !is_json {
            let detail = "the body must be JSON, and Content-Type must say so: application/json";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        parse(&bytes).map(Self)
    }
}

/// All bytes of the body, as many as are accepted.
pub(crate) async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    match tokio::time::timeout(BODY_PATIENCE, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(rejection)) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(Problem::new(Code::BodyTooLarge, "the body is larger than api.max_body_bytes"))
        }
        Ok(Err(_)) => Err(Problem::new(Code::Malformed, "the body broke off")),
        Err(_) => {
            let detail = format!("the body did not arrive within {} seconds", BODY_PATIENCE.as_secs());
            Err(Problem::new(Code::BodyTimeout, detail))
        }
    }
}

/// Whether the body is said to be compressed. Nothing is unpacked here: what is small may come to much.
fn is_packed(request: &Request) -> bool {
    let codings = request.headers().get_all(header::CONTENT_ENCODING);
    codings.iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn is_json(request: &Request) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|text| text.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Serde takes an array for the fields of an object in order, which nobody who sends one means.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::new(
            Code::Malformed,
            "the body does not fit: it must be an object, not an array",
        ));
    }
    match Json::from_bytes(bytes) {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => Err(problem(&rejection)),
    }
}

/// What is wrong with the body, and where.
fn problem(rejection: &JsonRejection) -> Problem {
    let is_syntax = matches!(rejection, JsonRejection::JsonSyntaxError(_));
    // The cause reads `path: message`, or only the message where there is no path.
    let mut cause: &dyn Error = rejection;
    while let Some(next) = cause.source().filter(|next| next.to_string().len() > 1) {
        if cause.to_string() != rejection.to_string() {
            break;
        }
        cause = next;
    }
    let text = cause.to_string();
    if is_syntax {
        return Problem::new(Code::Malformed, format!("the body is no JSON: {text}"));
    }
    let (path, message) = match text.split_once(": ") {
        Some((path, message)) if is_path(path) => (path, message),
        _ => (".", text.as_str()),
    };
    let problem = Problem::new(Code::Malformed, format!("the body does not fit: {message}"));
    match named_field(path, message) {
        Some(field) => problem.field(field),
        None => problem,
    }
}

/// Whether a text is a path to a field, and not the beginning of a message.
fn is_path(text: &str) -> bool {
    !text.is_empty() && !text.contains(' ') && !text.contains('`')
}
