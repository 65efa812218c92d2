//! What is noted of each request: a span, two metrics, and the trace in the problem that it may end with.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};
use entities::triggers::{DeliveryResult, HookKind};
use opentelemetry::{
    Context,
    trace::{SpanContext, Status, TraceContextExt},
};
use sea_orm::Iterable;
use tracing::{Instrument, Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{extract::remote_context, hooks::HOOKS_RECEIVED, problem::Problem};

/// Requests by method, route and status.
pub const REQUESTS: &str = "project_sync_http_requests_total";
/// How long requests took, by method, route and status.
pub const DURATION: &str = "project_sync_http_request_duration_seconds";

/// The routes that have no span.
const PROBES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// Tells the metrics recorder what the API's metrics mean. Once for each process.
pub fn describe_metrics() {
    metrics::describe_counter!(REQUESTS, metrics::Unit::Count, "HTTP requests by method, route and status.");
    metrics::describe_histogram!(
        DURATION,
        metrics::Unit::Seconds,
        "How long HTTP requests took, by method, route and status."
    );
    metrics::describe_counter!(
        HOOKS_RECEIVED,
        metrics::Unit::Count,
        "What hosts sent, by host and by what came of it."
    );
}

/// Makes what hosts send show 0 before anything happened. Requests show from the first one on.
pub fn begin_metrics() {
    for host in HookKind::iter() {
        let results = DeliveryResult::iter().map(DeliveryResult::as_str);
        for result in results.chain(["repeated", "refused", "failed"]) {
            metrics::counter!(HOOKS_RECEIVED, "host" => host.as_str(), "result" => result).increment(0);
        }
    }
}

/// Notes a request.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let method = method_label(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let remote = remote_context(request.headers());
    // Who looks every few seconds whether we live would be most of what is traced.
    let span = match PROBES.contains(&route.as_str()) {
        true => Span::none(),
        false => tracing::info_span!(
            "request",
            method,
            route,
            status = Empty,
            trace_id = Empty,
            otel.kind = "server"
        ),
    };
    if let Some(remote) = &remote {
        // Fails where no spans are kept.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote.clone()));
    }
    let ours = span.context().span().span_context().clone();
    let trace =
        Some(ours).filter(SpanContext::is_valid).or(remote).map(|context| context.trace_id().to_string());
    if let Some(trace) = &trace {
        span.record("trace_id", trace);
    }
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("status", status.as_u16());
    if status.is_server_error() {
        span.set_status(Status::error(status.as_str().to_owned()));
    }
    span.in_scope(|| tracing::debug!(milliseconds = started.elapsed().as_millis() as u64, "answered"));
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_str().to_owned())];
    metrics::histogram!(DURATION, &labels).record(started.elapsed().as_secs_f64());
    metrics::counter!(REQUESTS, &labels).increment(1);
    with_trace(response, trace)
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
