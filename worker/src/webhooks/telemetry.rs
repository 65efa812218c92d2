//! What the sender tells of itself.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, histogram};

/// Attempts to deliver, by outcome.
pub const DELIVERIES: &str = "project_sync_webhook_deliveries_total";
/// How long receivers took to answer, in seconds.
pub const DELIVERY_SECONDS: &str = "project_sync_webhook_delivery_seconds";
/// Deliveries that have not ended.
pub const PENDING: &str = "project_sync_webhook_pending";
/// How long the one of them waits that was due first, in seconds; 0 while none is due.
pub const OLDEST_SECONDS: &str = "project_sync_webhook_oldest_seconds";

/// The upper bounds of the buckets of [`DELIVERY_SECONDS`], in seconds.
pub const DELIVERY_BUCKETS: [f64; 10] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Describes the metrics.
pub fn describe() {
    describe_counter!(
        DELIVERIES,
        Unit::Count,
        "Attempts to deliver an event to a webhook, by outcome: delivered, retried, failed, switched-off."
    );
    describe_histogram!(
        DELIVERY_SECONDS,
        Unit::Seconds,
        "How long webhooks took to answer, or to be given up."
    );
    describe_gauge!(PENDING, Unit::Count, "Deliveries to webhooks that have not ended.");
    describe_gauge!(
        OLDEST_SECONDS,
        Unit::Seconds,
        "How long the delivery to a webhook waits that was due first; 0 while none is due."
    );
}

/// Makes what is counted show 0 before anything happened. For processes with a worker.
pub fn begin() {
    for outcome in ["delivered", "retried", "failed", "switched-off"] {
        counter!(DELIVERIES, "outcome" => outcome).increment(0);
    }
    // Made, not recorded.
    let _ = histogram!(DELIVERY_SECONDS);
}
