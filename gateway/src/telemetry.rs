//! What the gateway shows to the operator: the names of its metrics.

use bus::ProgressEvent;
use chrono::Utc;
use http::HeaderMap;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use opentelemetry::{
    Context,
    trace::{Status, TraceContextExt},
};
use tracing::{Span, field::Empty};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use crate::{feed::ResetReason, refusal::Refusal, target::Target};

/// Streams that are open.
pub const STREAMS: &str = "project_sync_sse_streams";
/// Connections that are open, to whatever they are.
pub const CONNECTIONS: &str = "project_sync_http_connections";
/// Streams that ended, by how: completed, gone, slow, lagged, drained, failed, dismissed.
pub const STREAMS_ENDED: &str = "project_sync_sse_streams_ended_total";
/// Streams that were refused, by why: perClient, total.
pub const REFUSED: &str = "project_sync_sse_refused_total";
/// Topics that are open, by kind: sync, project.
pub const TOPICS: &str = "project_sync_sse_topics";
/// Events sent, counted once for each client.
pub const DELIVERIES: &str = "project_sync_sse_deliveries_total";
/// The age of events when they are told to the clients of this process, in seconds.
pub const LAG: &str = "project_sync_sse_lag_seconds";
/// Clients that came again and went on where they were, by where from: memory, database.
pub const REPLAYS: &str = "project_sync_sse_replays_total";
/// Clients that were told to forget what they have, by why.
pub const RESETS: &str = "project_sync_sse_resets_total";
/// Events that were heard before earlier ones.
pub const HOLES: &str = "project_sync_sse_holes_total";
/// Topics that were behind the database when both were compared.
pub const HEALED: &str = "project_sync_sse_healed_total";

/// The upper bounds of the buckets of [`LAG`], in seconds.
pub const LAG_BUCKETS: [f64; 10] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

/// Tells the metrics recorder what the gateway's metrics mean. Once for each process.
pub fn describe_metrics() {
    describe_gauge!(STREAMS, Unit::Count, "Event streams that are open.");
    describe_gauge!(CONNECTIONS, Unit::Count, "Connections that are open, of streams and others.");
    describe_counter!(STREAMS_ENDED, Unit::Count, "Event streams that ended, by how.");
    describe_counter!(REFUSED, Unit::Count, "Event streams that were refused, by which limit.");
    describe_gauge!(
        TOPICS,
        Unit::Count,
        "Syncs and projects that are followed or were a moment ago, by kind."
    );
    describe_counter!(DELIVERIES, Unit::Count, "Events sent, counted once for each client.");
    describe_histogram!(
        LAG,
        Unit::Seconds,
        "The age of events when they are told to the clients of this process."
    );
    describe_counter!(
        REPLAYS,
        Unit::Count,
        "Clients that came again and went on where they were, by where from."
    );
    describe_counter!(RESETS, Unit::Count, "Clients that were told to forget what they have, by why.");
    describe_counter!(
        HOLES,
        Unit::Count,
        "Events that were heard before earlier ones, which were read then."
    );
    describe_counter!(HEALED, Unit::Count, "Times that a topic was found to be behind the database.");
}

/// Makes the gateway's metrics show 0 before anything happened. For processes that stream.
pub fn begin_metrics() {
    for gauge in [STREAMS, CONNECTIONS] {
        gauge!(gauge).set(0.0);
    }
    for kind in ["sync", "project"] {
        gauge!(TOPICS, "kind" => kind).set(0.0);
    }
    for how in Ended::ALL {
        counter!(STREAMS_ENDED, "how" => how.word()).increment(0);
    }
    for why in ["perClient", "total"] {
        counter!(REFUSED, "why" => why).increment(0);
    }
    for source in ["memory", "database"] {
        counter!(REPLAYS, "source" => source).increment(0);
    }
    for reason in ResetReason::ALL {
        counter!(RESETS, "reason" => reason.label()).increment(0);
    }
    for counter in [DELIVERIES, HOLES, HEALED] {
        counter!(counter).increment(0);
    }
    // Made, not recorded.
    let _ = histogram!(LAG);
}

/// The span of a stream's opening: until it is known what the client is to be told, not until the stream ends. A part of
/// the request's span where there is one, otherwise of the trace that the request names.
pub(crate) fn opening_span(target: Target, headers: &HeaderMap) -> Span {
    let topic = match target {
        Target::Sync(_) => "sync",
        Target::Project(_) => "project",
    };
    let has_request = Span::current().id().is_some();
    let span = tracing::info_span!("stream", topic, trace_id = Empty, otel.kind = "server");
    if !has_request
        && let Some(asked) =
            headers.get("traceparent").and_then(|it| it.to_str().ok()).and_then(bus::trace::read)
    {
        span.record("trace_id", asked.trace_id().to_string());
        // Fails where no spans are kept.
        let _ = span.set_parent(Context::new().with_remote_span_context(asked));
    }
    span
}

/// Notes in the span of a stream's opening that there is none.
pub(crate) fn note_refusal(span: &Span, refusal: Refusal) {
    if refusal.status().is_server_error() {
        span.set_status(Status::error(refusal.word()));
    }
}

/// Notes how old an event is that was just heard.
pub(crate) fn lag(event: &ProgressEvent) {
    histogram!(LAG).record((Utc::now() - event.at).as_seconds_f64().max(0.0));
}

/// How a stream ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// With all that there was to tell.
    Completed,
    /// The client went away.
    Gone,
    /// The client took nothing for too long.
    Slow,
    /// The client fell further behind than the ring reaches.
    Lagged,
    /// The process is to end.
    Drained,
    /// What the client missed cannot be read.
    Failed,
    /// Whoever it is may not be here any more, or is to show again who they are.
    Dismissed,
}

impl Ended {
    /// All of them.
    const ALL: [Self; 7] =
        [Self::Completed, Self::Gone, Self::Slow, Self::Lagged, Self::Drained, Self::Failed, Self::Dismissed];

    fn word(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Gone => "gone",
            Self::Slow => "slow",
            Self::Lagged => "lagged",
            Self::Drained => "drained",
            Self::Failed => "failed",
            Self::Dismissed => "dismissed",
        }
    }

    /// Counts it.
    pub(crate) fn note(self) {
        counter!(STREAMS_ENDED, "how" => self.word()).increment(1);
    }
}
