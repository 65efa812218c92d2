//! How much waits, runs and was given up.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DbErr, FromQueryResult, Statement};

use crate::scope::OfSystem;

/// After this time a running sync counts as one that runs for long.
pub const LONG_AFTER: TimeDelta = TimeDelta::hours(1);

/// How many there are in a state, and since when the oldest is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Depth {
    /// How many.
    pub count: u64,
    /// When the oldest one came: was asked for, was begun, or was given up.
    pub oldest: Option<DateTime<Utc>>,
}

/// The queue at one moment. Paused syncs are counted where they would be otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct QueueDepth {
    /// Could be begun now.
    pub ready: Depth,
    /// Wait for a time: a retry.
    pub delayed: Depth,
    /// Run.
    pub running: Depth,
    /// Were given up.
    pub dead: Depth,
    /// Run without a lease that holds: their worker is gone, and nobody has taken them over yet.
    pub abandoned: Depth,
    /// Run for longer than [`LONG_AFTER`], whether their lease holds or not.
    pub long: Depth,
}

#[derive(FromQueryResult)]
struct Row {
    state: String,
    count: i64,
    oldest: Option<DateTime<Utc>>,
}

/// Counts.
pub async fn depth(db: &impl OfSystem, now: DateTime<Utc>) -> Result<QueueDepth, DbErr> {
    let sql = "SELECT 'ready' AS state, count(*) AS count, min(created_at) AS oldest FROM project_syncs \
               WHERE status = 'pending' AND (run_after IS NULL OR run_after <= $1) \
               UNION ALL SELECT 'delayed', count(*), min(created_at) FROM project_syncs \
               WHERE status = 'pending' AND run_after > $1 \
               UNION ALL SELECT 'running', count(*), min(started_at) FROM project_syncs WHERE status = 'running' \
               UNION ALL SELECT 'dead', count(*), min(created_at) FROM dead_jobs \
               UNION ALL SELECT 'abandoned', count(*), min(lease_until) FROM project_syncs \
               WHERE status = 'running' AND lease_until < $1 \
               UNION ALL SELECT 'long', count(*), min(started_at) FROM project_syncs \
               WHERE status = 'running' AND started_at < $2";
    let values = [now.into(), (now - LONG_AFTER).into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let mut depth = QueueDepth::default();
    for row in Row::find_by_statement(statement).all(db).await? {
        let found = Depth { count: row.count.max(0) as u64, oldest: row.oldest };
        match row.state.as_str() {
            "ready" => depth.ready = found,
            "delayed" => depth.delayed = found,
            "running" => depth.running = found,
            "abandoned" => depth.abandoned = found,
            "long" => depth.long = found,
            _ => depth.dead = found,
        }
    }
    Ok(depth)
}
