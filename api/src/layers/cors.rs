//! Pages of other origins: those that the settings name may ask.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::settings::Settings;

/// How long browsers may remember what they may send.
const MAX_AGE: Duration = Duration::from_secs(3_600);

/// What pages may send besides what all may.
const REQUEST_HEADERS: [HeaderName; 5] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
    HeaderName::from_static("traceparent"),
];

/// Answers what browsers ask before they let a page of another origin ask, and says in each answer who may read it.
pub(crate) fn cors(settings: &Settings) -> CorsLayer {
    let origins = settings.cors_origins.iter().filter_map(|origin| origin.parse::<HeaderValue>().ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(REQUEST_HEADERS)
        .expose_headers([header::RETRY_AFTER, header::LOCATION])
        .max_age(MAX_AGE)
}

/// What [`cors`] adds to an answer, for one that does not pass it.
pub(crate) fn headers(settings: &Settings, request: &HeaderMap) -> HeaderMap {
    let mut more = HeaderMap::new();
    if settings.cors_origins.is_empty() {
        return more;
    }
    more.insert(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = request.get(header::ORIGIN)
        && origin.to_str().is_ok_and(|origin| settings.allows_origin(origin))
    {
        more.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    more
}
