//! Metrics: one recorder for the process, everything described, buckets that fit.

use std::time::Duration;

use entities::Database;
use metrics::{Unit, describe_gauge, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use sea_orm::DbBackend;
use tokio_util::sync::CancellationToken;
use worker::{telemetry as sync, webhooks::telemetry as webhooks};

use crate::{error::CliError, service::Role};

/// Connections to the database by state: used, idle.
const CONNECTIONS: &str = "project_sync_database_connections";
/// The most connections to the database that this process holds at once.
const CONNECTIONS_MAX: &str = "project_sync_database_connections_max";
/// Always 1; says what is running: version, role.
const BUILD_INFO: &str = "project_sync_build_info";

/// How often values that nobody tells are read.
const UPKEEP: Duration = Duration::from_secs(5);

/// The upper bounds of the buckets of durations of requests and phases, in seconds.
const SHORT_BUCKETS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 120.0];

/// The upper bounds of the buckets of durations of syncs, in seconds.
const SYNC_BUCKETS: [f64; 12] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0];

/// Begins to record what a process of this role does. To be called once in a process.
///
/// # Errors
/// If something records already.
pub fn install(role: Role) -> Result<PrometheusHandle, CliError> {
    let failed = |error: &dyn std::fmt::Display| CliError::usage(format!("metrics: {error}"));
    let handle =
        builder().map_err(|error| failed(&error))?.install_recorder().map_err(|error| failed(&error))?;
    describe();
    begin(role);
    Ok(handle)
}

/// What records, with the buckets of all histograms.
fn builder() -> Result<PrometheusBuilder, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Full(sync::SYNC_SECONDS.to_owned()), &SYNC_BUCKETS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full(gateway::LAG.to_owned()), &gateway::LAG_BUCKETS)
        })
        .and_then(|builder| {
            let late = Matcher::Full(sync::SCHEDULE_LATE_SECONDS.to_owned());
            builder.set_buckets_for_metric(late, &SYNC_BUCKETS)
        })
        .and_then(|builder| {
            let requests = Matcher::Full(source::GITHUB_REQUEST_SECONDS.to_owned());
            builder.set_buckets_for_metric(requests, &SHORT_BUCKETS)
        })
        .and_then(|builder| {
            let metric = Matcher::Full(webhooks::DELIVERY_SECONDS.to_owned());
            builder.set_buckets_for_metric(metric, &webhooks::DELIVERY_BUCKETS)
        })
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &SHORT_BUCKETS)
        })
}

/// Makes everything that a process of this role counts show 0 before anything happened.
fn begin(role: Role) {
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION"), "role" => role.as_str()).set(1.0);
    if role.asks() {
        api::begin_metrics();
    }
    if role.asks() || role.works() {
        bus::telemetry::begin_metrics();
    }
    if role.works() {
        worker::telemetry::begin_metrics();
        source::begin_metrics();
    }
    if role.streams() {
        gateway::begin_metrics();
    }
}

fn describe() {
    describe_gauge!(BUILD_INFO, "Always 1; says what is running.");
    describe_gauge!(CONNECTIONS, Unit::Count, "Connections to the database by state.");
    describe_gauge!(
        CONNECTIONS_MAX,
        Unit::Count,
        "The most connections to the database that this process holds at once."
    );
    bus::telemetry::describe_metrics();
    worker::telemetry::describe_metrics();
    worker::relay::telemetry::describe();
    source::describe_metrics();
    worker::webhooks::telemetry::describe();
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
        let (size, idle, most) = match db.backend() {
            DbBackend::Sqlite => {
                let pool = db.pool().get_sqlite_connection_pool();
                (pool.size() as usize, pool.num_idle(), pool.options().get_max_connections())
            }
            _ => {
                let pool = db.pool().get_postgres_connection_pool();
                (pool.size() as usize, pool.num_idle(), pool.options().get_max_connections())
            }
        };
        gauge!(CONNECTIONS_MAX).set(f64::from(most));
        gauge!(CONNECTIONS, "state" => "idle").set(idle as f64);
        gauge!(CONNECTIONS, "state" => "used").set(size.saturating_sub(idle) as f64);
    }
}

#[cfg(test)]
mod tests;
