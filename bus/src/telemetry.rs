//! What the queue shows to the operator: the names of its metrics, and how they are read.

use chrono::{DateTime, Utc};
use entities::{
    SyncStatus, SyncTrigger,
    queue::{self, Depth},
};
use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};
use sea_orm::Iterable;

use crate::Dispatcher;

/// Syncs by state: ready, delayed, running, dead.
pub const QUEUE_DEPTH: &str = "project_sync_queue_depth";
/// How long the oldest sync of each state is in it, in seconds; 0 where there is none.
pub const QUEUE_OLDEST_SECONDS: &str = "project_sync_queue_oldest_seconds";
/// Messages in the queue by place: ready, delayed, lent.
pub const QUEUE_MESSAGES: &str = "project_sync_queue_messages";
/// Workers that were heard of within the last lease.
pub const WORKERS: &str = "project_sync_workers";
/// Running syncs that may be stuck, by why: lease (it ran out, and nobody has taken the sync over), long (it runs for
/// more than an hour).
pub const STUCK: &str = "project_sync_stuck_syncs";
/// Syncs that were asked for and made, by trigger. A request that found one waiting or running makes none.
pub const ENQUEUED: &str = "project_sync_queue_enqueued_total";
/// Syncs that ended, each once, by outcome: completed, failed, cancelled.
pub const FINISHED: &str = "project_sync_finished_total";

/// Events that were not passed on because Redis was away; the database has them.
pub const PROGRESS_DROPPED: &str = "project_sync_progress_dropped_total";

/// Tells the metrics recorder what these metrics mean. Once for each process.
pub fn describe_metrics() {
    describe_gauge!(QUEUE_DEPTH, Unit::Count, "Syncs by state: ready, delayed, running, dead.");
    describe_gauge!(
        QUEUE_OLDEST_SECONDS,
        Unit::Seconds,
        "How long the oldest sync of each state is in it; 0 where there is none."
    );
    describe_gauge!(QUEUE_MESSAGES, Unit::Count, "Messages in the queue by place: ready, delayed, lent.");
    describe_gauge!(WORKERS, Unit::Count, "Workers heard of within the last lease.");
    describe_gauge!(
        STUCK,
        Unit::Count,
        "Running syncs that may be stuck: their lease ran out (lease), or they run for more than an hour (long)."
    );
    describe_counter!(ENQUEUED, Unit::Count, "Syncs that were asked for and made, by trigger.");
    describe_counter!(FINISHED, Unit::Count, "Syncs that ended, each once, by outcome.");
    describe_counter!(
        PROGRESS_DROPPED,
        Unit::Count,
        "Events that were not passed on because Redis was away; the database has them."
    );
}

/// Makes the counters show 0 before anything happened: a rate needs a value to begin from. For processes that ask for
/// syncs or run them.
pub fn begin_metrics() {
    for trigger in SyncTrigger::iter() {
        counter!(ENQUEUED, "trigger" => trigger.as_str()).increment(0);
    }
    for outcome in SyncStatus::iter().filter(|status| status.is_terminal()) {
        counter!(FINISHED, "outcome" => outcome.as_str()).increment(0);
    }
    counter!(PROGRESS_DROPPED).increment(0);
}

/// Counts a sync that has ended: to be called once, after the transaction that ended it.
pub fn count_finished(outcome: SyncStatus) {
    counter!(FINISHED, "outcome" => outcome.as_str()).increment(1);
}

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
            for (why, Depth { count, .. }) in [("lease", depth.abandoned), ("long", depth.long)] {
                gauge!(STUCK, "why" => why).set(count as f64);
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
