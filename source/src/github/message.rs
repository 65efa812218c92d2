//! What goes out and what comes in: headers, bodies, and what a broken connection means.

use std::io::Read as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, header};
use serde::Deserialize;

use super::{
    api::Call,
    transport::{BoxError, reason},
};
use crate::{SourceError, guard::refusal, settings::Secret};

/// The version of the API that the shapes here are those of.
const API_VERSION: &str = "2022-11-28";

/// An error's body.
#[derive(Deserialize)]
pub(super) struct Refusal {
    #[serde(default)]
    pub(super) message: String,
}

/// Decompresses a body of at most `max` bytes.
pub(super) fn inflate(bytes: &[u8], max: u64) -> Result<Bytes, SourceError> {
    let mut inflated = Vec::with_capacity(bytes.len().saturating_mul(4).min(max as usize));
    GzDecoder::new(bytes)
        .take(max + 1)
        .read_to_end(&mut inflated)
        .map_err(|error| SourceError::Corrupt(format!("a compressed answer: {error}")))?;
    if inflated.len() as u64 > max {
        return Err(too_large(max));
    }
    Ok(inflated.into())
}

/// That an answer has more than `max` bytes.
pub(super) fn too_large(max: u64) -> SourceError {
    SourceError::TooLarge { what: "an answer of the API".into(), limit: format!("{max} bytes") }
}

/// A connection that could not be made, or that broke.
pub(super) fn unreachable(host: &str, error: &(dyn std::error::Error + 'static)) -> SourceError {
    if let Some(refused) = refusal(error) {
        return refused;
    }
    SourceError::Unreachable { host: host.to_owned(), reason: reason(error) }
}

/// A boxed error of the transport, told like [`fn@unreachable`].
pub(super) fn broken(host: &str, error: &BoxError) -> SourceError {
    unreachable(host, &**error)
}

/// The headers of a request.
pub(super) fn headers(call: Call<'_>, token: Option<&Secret>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static(call.accept));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    headers.insert("x-github-api-version", HeaderValue::from_static(API_VERSION));
    if let Some(etag) = call.if_none_match.and_then(|etag| HeaderValue::from_str(etag).ok()) {
        headers.insert(header::IF_NONE_MATCH, etag);
    }
    if let Some(bearer) = token.and_then(bearer) {
        headers.insert(header::AUTHORIZATION, bearer);
    }
    headers
}

/// The credentials of a request with this token, if it can be one.
pub(super) fn bearer(token: &Secret) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).ok()?;
    value.set_sensitive(true);
    Some(value)
}
