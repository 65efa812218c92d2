//! What the sender tells of itself.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Attempts to deliver, by outcome.
pub const DELIVERIES: &str = "project_sync_webhook_deliveries_total";
/// How long receivers took to answer, in seconds.
pub const DELIVERY_SECONDS: &str = "project_sync_webhook_delivery_seconds";
/// Deliveries that have not ended.
pub const PENDING: &str = "project_sync_webhook_pending";
/// How long ago the oldest of them was made, in seconds.
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
        "How long ago the oldest delivery was made that has not ended."
    );
}
