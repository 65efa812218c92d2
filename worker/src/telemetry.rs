//! What syncs tell of themselves: the names of the metrics, and the trace that a sync's span belongs to.

use std::time::Duration;

use bus::trace;
use entities::{
    ProjectSync, SyncKind, SyncStatus,
    triggers::{PollResult, RunResult},
};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use opentelemetry::{
    Context,
    trace::{SpanContext, Status, TraceContextExt},
};
use sea_orm::Iterable;
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{error::SyncError, pipeline, relay, webhooks};

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
/// Syncs whose rows did not make the commit's tree. Nothing of them became visible.
pub const PROOF_FAILURES: &str = "project_sync_proof_failures_total";
/// Syncs that this process may run at once.
pub const SLOTS: &str = "project_sync_worker_slots";
/// Syncs that run in this process now.
pub const BUSY: &str = "project_sync_worker_busy";
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

/// What a run may come to.
const OUTCOMES: [&str; 4] = ["completed", "failed", "cancelled", "interrupted"];

/// The codes of errors that a sync is begun again after.
const RETRY_CODES: [&str; 7] = [
    "database",
    "rate-limited",
    "unreachable",
    "server-error",
    "corrupt-data",
    "commit-gone",
    "object-missing",
];

/// Tells the metrics recorder what the worker's metrics mean. Once for each process.
pub fn describe_metrics() {
    describe_counter!(RUNS, Unit::Count, "Runs of syncs by outcome; interrupted ones are begun again.");
    describe_histogram!(
        SYNC_SECONDS,
        Unit::Seconds,
        "How long syncs took from their first beginning to their end, by outcome."
    );
    describe_histogram!(PHASE_SECONDS, Unit::Seconds, "How long phases took, by phase and result.");
    describe_counter!(RETRIES, Unit::Count, "Syncs that wait to be begun again after an error, by its code.");
    describe_counter!(GIVEN_UP, Unit::Count, "Syncs that joined the dead set, by code.");
    describe_counter!(CLAIMS_LOST, Unit::Count, "Claims that were lost while their sync ran.");
    describe_counter!(
        PROOF_FAILURES,
        Unit::Count,
        "Syncs whose rows did not make the commit's tree; nothing of them became visible."
    );
    describe_gauge!(SLOTS, Unit::Count, "Syncs that this process may run at once.");
    describe_gauge!(BUSY, Unit::Count, "Syncs that run in this process now.");
    describe_counter!(SOURCE_BYTES, Unit::Bytes, "Bytes received from sources.");
    describe_counter!(SOURCE_REQUESTS, Unit::Count, "Requests sent to sources.");
    describe_counter!(SCHEDULE_RUNS, Unit::Count, "Schedules that came due, by what came of it.");
    describe_histogram!(
        SCHEDULE_LATE_SECONDS,
        Unit::Seconds,
        "How long after its time a schedule was seen to be due."
    );
    describe_counter!(POLLS, Unit::Count, "Looks at projects that are polled, by what came of it.");
}

/// Makes the worker's metrics show 0 before anything happened. For processes with a worker.
pub fn begin_metrics() {
    for outcome in OUTCOMES {
        counter!(RUNS, "outcome" => outcome).increment(0);
    }
    for outcome in SyncStatus::iter().filter(|status| status.is_terminal()) {
        // Made, not recorded.
        let _ = histogram!(SYNC_SECONDS, "outcome" => outcome.as_str());
    }
    for phase in SyncKind::iter().flat_map(pipeline::phases) {
        for result in ["ok", "error"] {
            let _ = histogram!(PHASE_SECONDS, "phase" => phase.name(), "result" => result);
        }
    }
    for code in RETRY_CODES {
        counter!(RETRIES, "code" => code).increment(0);
    }
    for code in RETRY_CODES.into_iter().chain(["worker-lost", "internal"]) {
        counter!(GIVEN_UP, "code" => code).increment(0);
    }
    for counter in [CLAIMS_LOST, PROOF_FAILURES, SOURCE_BYTES, SOURCE_REQUESTS] {
        counter!(counter).increment(0);
    }
    for result in RunResult::iter() {
        counter!(SCHEDULE_RUNS, "result" => result.as_str()).increment(0);
    }
    let _ = histogram!(SCHEDULE_LATE_SECONDS);
    for result in PollResult::iter() {
        counter!(POLLS, "result" => result.as_str()).increment(0);
    }
    relay::telemetry::begin();
    webhooks::telemetry::begin();
    for gauge in [SLOTS, BUSY] {
        gauge!(gauge).set(0.0);
    }
}

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

/// Notes how long a phase took, and in its span how it went.
pub(crate) fn count_phase<T>(
    phase: &'static str,
    span: &Span,
    took: Duration,
    result: &Result<T, SyncError>,
) {
    let word = if result.is_ok() { "ok" } else { "error" };
    histogram!(PHASE_SECONDS, "phase" => phase, "result" => word).record(took);
    if let Err(error) = result {
        span.set_status(Status::error(error.code()));
        if matches!(error, SyncError::Proof { .. }) {
            counter!(PROOF_FAILURES).increment(1);
        }
    }
}

/// The span of a sync's run: a part of the trace of whoever asked for the sync, whose W3C trace context this is. One that
/// cannot be read is no harm. The log names the trace even where no spans are kept.
pub(crate) fn sync_span(sync: entities::SyncId, trace_parent: Option<&str>) -> Span {
    let span =
        tracing::info_span!("sync", sync = %sync, branch = Empty, trace_id = Empty, otel.kind = "consumer");
    let asked = trace_parent.and_then(trace::read);
    if let Some(asked) = &asked {
        // Fails where no spans are kept.
        let _ = span.set_parent(Context::new().with_remote_span_context(asked.clone()));
    }
    let ours = span.context().span().span_context().clone();
    if let Some(context) = Some(ours).filter(SpanContext::is_valid).or(asked) {
        span.record("trace_id", context.trace_id().to_string());
    }
    span
}

/// The trace that a sync belongs to, for the log.
pub(crate) fn trace_id(sync: &ProjectSync) -> Option<String> {
    sync.trace_parent.as_deref().and_then(trace::read).map(|context| context.trace_id().to_string())
}

/// Notes in the span of a sync's run that it failed, and why.
pub(crate) fn note_failure(error: &SyncError) {
    Span::current().set_status(Status::error(error.code()));
}
