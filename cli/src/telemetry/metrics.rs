//! Metrics: one recorder for the process, everything described, buckets that fit.

use std::time::Duration;

use entities::Database;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use sea_orm::DbBackend;
use tokio_util::sync::CancellationToken;
use worker::telemetry as sync;

use crate::error::CliError;

/// Connections to the database by state: used, idle.
const CONNECTIONS: &str = "project_sync_database_connections";
/// Always 1; says what is running.
const BUILD_INFO: &str = "project_sync_build_info";

/// How often values that nobody tells are read.
const UPKEEP: Duration = Duration::from_secs(5);

/// The upper bounds of the buckets of durations of requests and phases, in seconds.
const SHORT_BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 120.0];

/// The upper bounds of the buckets of durations of syncs, in seconds.
const SYNC_BUCKETS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0];

/// Begins to record. To be called once in a process.
///
/// # Errors
/// If something records already.
pub fn install() -> Result<PrometheusHandle, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::usage(format!("metrics: {error}"));
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(sync::SYNC_SECONDS.to_owned()), &SYNC_BUCKETS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(gateway::LAG.to_owned()), &gateway::LAG_BUCKETS)
        })
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &SHORT_BUCKETS)
        })
        .and_then(|builder| {
            builder
                .set_buckets_for_metric(Matcher::Full(sync::SCHEDULE_LATE_SECONDS.to_owned()), &SYNC_BUCKETS)
        })
        .map_err(|error| failed(&error))?
        .install_recorder()
        .map_err(|error| failed(&error))?;
    describe();
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

fn describe() {
    describe_gauge!(BUILD_INFO, "Always 1; says what is running.");
    describe_gauge!(CONNECTIONS, Unit::Count, "Connections to the database by state.");
    describe_gauge!(
        bus::telemetry::QUEUE_DEPTH,
        Unit::Count,
        "Syncs by state: ready, delayed, running, dead."
    );
    describe_gauge!(
        bus::telemetry::QUEUE_OLDEST_SECONDS,
        Unit::Seconds,
        "How long the oldest sync of each state is in it."
    );
    describe_gauge!(bus::telemetry::QUEUE_MESSAGES, Unit::Count, "Messages in the queue by place.");
    describe_gauge!(bus::telemetry::WORKERS, Unit::Count, "Workers heard of within the last lease.");
    describe_counter!(sync::RUNS, Unit::Count, "Runs of syncs by outcome; interrupted ones are begun again.");
    describe_histogram!(
        sync::SYNC_SECONDS,
        Unit::Seconds,
        "How long syncs took from their first beginning to their end, by outcome."
    );
    describe_histogram!(sync::PHASE_SECONDS, Unit::Seconds, "How long phases took, by phase and result.");
    describe_counter!(
        sync::RETRIES,
        Unit::Count,
        "Syncs that wait to be begun again after an error, by its code."
    );
    describe_counter!(sync::GIVEN_UP, Unit::Count, "Syncs that joined the dead set, by code.");
    describe_counter!(sync::CLAIMS_LOST, Unit::Count, "Claims that were lost while their sync ran.");
    describe_counter!(sync::SOURCE_BYTES, Unit::Bytes, "Bytes received from sources.");
    describe_counter!(sync::SOURCE_REQUESTS, Unit::Count, "Requests sent to sources.");
    describe_counter!(sync::SCHEDULE_RUNS, Unit::Count, "Schedules that came due, by what came of it.");
    describe_histogram!(
        sync::SCHEDULE_LATE_SECONDS,
        Unit::Seconds,
        "How long after its time a schedule was seen to be due."
    );
    describe_counter!(sync::POLLS, Unit::Count, "Looks at projects that are polled, by what came of it.");
    describe_counter!(
        source::GITHUB_REQUESTS,
        Unit::Count,
        "Requests sent to GitHub's API, by kind of answer."
    );
    describe_gauge!(
        source::GITHUB_REMAINING,
        Unit::Count,
        "Requests that GitHub said are left, when it was last asked."
    );
    describe_counter!(
        bus::telemetry::PROGRESS_DROPPED,
        Unit::Count,
        "Events that were not passed on; the database has them."
    );
    api::describe_metrics();
    gateway::describe_metrics();
}

/// Reads what nobody tells, until `stop` fires.
pub async fn keep_up(handle: PrometheusHandle, db: Database, stop: CancellationToken) {
    let mut round = tokio::time::interval(UPKEEP);
    loop {
        tokio::select! {
            _ = round.tick() => {}
            () = stop.cancelled() => return,
        }
        handle.run_upkeep();
        let (size, idle) = match db.backend() {
            DbBackend::Sqlite => {
                let pool = db.pool().get_sqlite_connection_pool();
                (pool.size() as usize, pool.num_idle())
            }
            _ => {
                let pool = db.pool().get_postgres_connection_pool();
                (pool.size() as usize, pool.num_idle())
            }
        };
        gauge!(CONNECTIONS, "state" => "idle").set(idle as f64);
        gauge!(CONNECTIONS, "state" => "used").set(size.saturating_sub(idle) as f64);
    }
}
