//! What is noted of each request: a span, two metrics, and the trace in the problem that it may end with.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};
use opentelemetry::{Context, trace::TraceContextExt};
use tracing::Instrument;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{extract::remote_context, hooks::HOOKS_RECEIVED, problem::Problem};

/// Requests by method, route and status.
const REQUESTS: &str = "project_sync_http_requests_total";
/// How long requests took, by method and route.
const DURATION: &str = "project_sync_http_request_duration_seconds";

/// Tells the metrics recorder what the API's metrics mean. Once for each process.
pub fn describe_metrics() {
    metrics::describe_counter!(REQUESTS, metrics::Unit::Count, "HTTP requests by method, route and status.");
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "How long HTTP requests took, by method and route."
    );
    metrics::describe_counter!(
        HOOKS_RECEIVED,
        metrics::Unit::Count,
        "What hosts sent, by host and by what came of it."
    );
}

/// Notes a request.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let remote = remote_context(request.headers());
    let span = tracing::info_span!("request", method, route, status = tracing::field::Empty);
    if let Some(remote) = &remote {
        // Fails where no spans are kept.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote.clone()));
    }
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("status", status.as_u16());
    span.in_scope(|| tracing::debug!(milliseconds = started.elapsed().as_millis() as u64, "answered"));
    let labels = [("method", method.to_owned()), ("route", route)];
    metrics::histogram!(DURATION, &labels).record(started.elapsed().as_secs_f64());
    let [method, route] = labels;
    metrics::counter!(REQUESTS, &[method, route, ("status", status.as_str().to_owned())]).increment(1);
    with_trace(response, remote.map(|remote| remote.trace_id().to_string()))
}

/// The same answer; a problem names the request's trace.
fn with_trace(mut response: Response, trace_id: Option<String>) -> Response {
    let Some(trace_id) = trace_id else { return response };
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem.answer(Some(trace_id)),
        None => response,
    }
}

/// The method as a label: clients may invent methods.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
