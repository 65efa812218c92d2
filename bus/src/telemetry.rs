//! What the queue shows to the operator: the names of its metrics, and how they are read.

use chrono::{DateTime, Utc};
use entities::queue::{self, Depth};
use metrics::gauge;

use crate::Dispatcher;

/// Syncs by state: ready, delayed, running, dead.
pub const QUEUE_DEPTH: &str = "project_sync_queue_depth";
/// How long the oldest sync of each state is in it, in seconds; 0 where there is none.
pub const QUEUE_OLDEST_SECONDS: &str = "project_sync_queue_oldest_seconds";
/// Messages in the queue by place: ready, delayed, lent.
pub const QUEUE_MESSAGES: &str = "project_sync_queue_messages";
/// Workers that were heard of within the last lease.
pub const WORKERS: &str = "project_sync_workers";

/// Events that were not passed on because Redis was away; the database has them.
pub const PROGRESS_DROPPED: &str = "project_sync_progress_dropped_total";

/// Reads the queue's depth into the metrics. What cannot be read keeps its last value.
pub async fn observe(dispatcher: &Dispatcher, now: DateTime<Utc>) {
    match queue::depth(&dispatcher.db.system(), now).await {
        Ok(depth) => {
            let states = [
                ("ready", depth.ready),
                ("delayed", depth.delayed),
                ("running", depth.running),
                ("dead", depth.dead),
            ];
            for (state, Depth { count, oldest }) in states {
                gauge!(QUEUE_DEPTH, "state" => state).set(count as f64);
                let age = oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0));
                gauge!(QUEUE_OLDEST_SECONDS, "state" => state).set(age);
            }
        }
        Err(error) => tracing::warn!(%error, "the queue's depth cannot be read now"),
    }
    match dispatcher.queue.stats().await {
        Ok(stats) => {
            for (place, count) in [("ready", stats.ready), ("delayed", stats.delayed), ("lent", stats.lent)] {
                gauge!(QUEUE_MESSAGES, "place" => place).set(count as f64);
            }
            gauge!(WORKERS).set(stats.workers.len() as f64);
        }
        Err(error) => tracing::warn!(%error, "the queue cannot be counted now"),
    }
}
