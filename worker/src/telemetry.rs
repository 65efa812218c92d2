//! What syncs tell of themselves: the names of the metrics, and the link from a sync's span to its request's.

use std::time::Duration;

use bus::trace;
use entities::{ProjectSync, SyncStatus};
use metrics::{counter, histogram};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// Runs of syncs that came to an end or were given back, by outcome.
pub const RUNS: &str = "project_sync_runs_total";
/// How long syncs took from their first beginning to their end, in seconds, by outcome.
pub const SYNC_SECONDS: &str = "project_sync_duration_seconds";
/// How long phases took, in seconds, by phase and result.
pub const PHASE_SECONDS: &str = "project_sync_phase_duration_seconds";
/// Syncs that wait to be begun again after an error, by its code.
pub const RETRIES: &str = "project_sync_retries_total";
/// Syncs that joined the dead set, by code.
pub const GIVEN_UP: &str = "project_sync_given_up_total";
/// Claims that were lost while their sync ran.
pub const CLAIMS_LOST: &str = "project_sync_claims_lost_total";
/// Bytes received from sources.
pub const SOURCE_BYTES: &str = "project_sync_source_bytes_total";
/// Requests sent to sources.
pub const SOURCE_REQUESTS: &str = "project_sync_source_requests_total";

/// Schedules that came due, by what came of it.
pub const SCHEDULE_RUNS: &str = "project_sync_schedule_runs_total";
/// How long after its time a schedule was seen to be due, in seconds.
pub const SCHEDULE_LATE_SECONDS: &str = "project_sync_schedule_late_seconds";
/// Looks at the branches of projects that are polled, by what came of it.
pub const POLLS: &str = "project_sync_polls_total";

/// Counts a run by what became of its sync.
pub(crate) fn count_run(sync: &ProjectSync) {
    let outcome = match sync.status {
        SyncStatus::Pending | SyncStatus::Running => "interrupted",
        ended => ended.as_str(),
    };
    counter!(RUNS, "outcome" => outcome).increment(1);
    counter!(SOURCE_BYTES).increment(sync.bytes_fetched.unsigned_abs());
    counter!(SOURCE_REQUESTS).increment(sync.requests_made.unsigned_abs());
    if let (Some(started), Some(finished)) = (sync.started_at, sync.finished_at) {
        let took = (finished - started).to_std().unwrap_or_default();
        histogram!(SYNC_SECONDS, "outcome" => outcome).record(took);
    }
}

/// Notes how long a phase took.
pub(crate) fn count_phase(phase: &'static str, took: Duration, is_ok: bool) {
    let result = if is_ok { "ok" } else { "error" };
    histogram!(PHASE_SECONDS, "phase" => phase, "result" => result).record(took);
}

/// Links a span to the request whose W3C trace context this is. A context that cannot be read is no harm.
pub(crate) fn link(span: &Span, trace_parent: Option<&str>) {
    if let Some(context) = trace_parent.and_then(trace::read) {
        span.add_link(context);
    }
}
