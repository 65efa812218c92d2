//! The trace that a request belongs to (W3C trace context).

use std::convert::Infallible;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, request::Parts},
};
use bus::trace;
use opentelemetry::trace::{SpanContext, TraceContextExt};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The header that bears it.
const TRACE_PARENT: &str = "traceparent";

/// The trace context that what a request starts belongs to: our own span, where spans are kept; otherwise what the
/// request's `traceparent` says, if it is of the right form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TraceParent(pub(crate) Option<String>);

/// What the headers say.
pub(crate) fn remote_context(headers: &HeaderMap) -> Option<SpanContext> {
    headers.get(TRACE_PARENT).and_then(|value| value.to_str().ok()).and_then(trace::read)
}

impl<S: Send + Sync> FromRequestParts<S> for TraceParent {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let ours = Span::current().context().span().span_context().clone();
        let context = Some(ours).filter(SpanContext::is_valid).or_else(|| remote_context(&parts.headers));
        Ok(Self(context.as_ref().map(trace::write)))
    }
}
