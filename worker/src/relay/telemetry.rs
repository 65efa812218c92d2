//! What the relay tells of itself.

use metrics::{Unit, counter, describe_counter, describe_gauge};

/// Events that no broker has taken.
pub const PENDING: &str = "project_sync_outbox_pending";
/// How long the oldest of them waits, in seconds.
pub const OLDEST_SECONDS: &str = "project_sync_outbox_oldest_seconds";
/// Events that the broker confirmed.
pub const PUBLISHED: &str = "project_sync_relay_published_total";
/// Events that no queue was bound for, each time one was tried.
pub const UNROUTABLE: &str = "project_sync_relay_unroutable_total";
/// Events that the broker refused, each time one was tried.
pub const NACKED: &str = "project_sync_relay_nacked_total";
/// What went wrong, by reason.
pub const FAILURES: &str = "project_sync_relay_failures_total";
/// 1 while there is a connection to the broker, 0 otherwise.
pub const CONNECTED: &str = "project_sync_relay_connected";

/// Describes the metrics.
pub fn describe() {
    describe_gauge!(PENDING, Unit::Count, "Events that no broker has taken.");
    describe_gauge!(
        OLDEST_SECONDS,
        Unit::Seconds,
        "How long the oldest event that no broker has taken waits."
    );
    describe_counter!(PUBLISHED, Unit::Count, "Events that the broker confirmed.");
    describe_counter!(
        UNROUTABLE,
        Unit::Count,
        "Events that no queue was bound for, each time one was tried."
    );
    describe_counter!(NACKED, Unit::Count, "Events that the broker refused, each time one was tried.");
    describe_counter!(
        FAILURES,
        Unit::Count,
        "What kept events from the broker, by reason: connect, refused, lost, no-answer, lane-lost, database."
    );
    describe_gauge!(CONNECTED, "1 while there is a connection to the broker, 0 otherwise.");
}

/// Makes what is counted show 0 before anything happened. For processes with a worker.
pub fn begin() {
    for name in [PUBLISHED, UNROUTABLE, NACKED] {
        counter!(name).increment(0);
    }
    for reason in ["connect", "refused", "lost", "no-answer", "lane-lost", "database"] {
        counter!(FAILURES, "reason" => reason).increment(0);
    }
}
