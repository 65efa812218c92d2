//! What is looked after beside sending: how much waits, and that the log does not grow for ever.

use std::time::Duration;

use entities::webhooks;
use metrics::gauge;
use sea_orm::DbErr;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{Sender, telemetry};

/// How often what waits is counted.
const LOOK: Duration = Duration::from_secs(5);

/// How often what is too old is removed.
const PRUNE: Duration = Duration::from_secs(600);

/// How many rows are removed at a time.
const PRUNE_ROWS: u64 = 1_000;

/// Looks again and again, until `stop` fires.
pub(super) async fn run(sender: &Sender, stop: &CancellationToken) {
    let mut round = tokio::time::interval(LOOK);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pruned: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = round.tick() => {}
            () = stop.cancelled() => return,
        }
        if let Err(error) = observe(sender).await {
            tracing::debug!(%error, "the deliveries that wait are not counted now");
        }
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE) {
            pruned = Some(Instant::now());
            if let Err(error) = prune(sender, stop).await {
                tracing::debug!(%error, "old deliveries are not removed now");
            }
        }
    }
}

async fn observe(sender: &Sender) -> Result<(), DbErr> {
    let backlog = webhooks::backlog(&sender.db.system()).await?;
    let age = backlog.oldest.map(|oldest| (sender.clock.now() - oldest).as_seconds_f64().max(0.0));
    gauge!(telemetry::PENDING).set(backlog.waiting as f64);
    gauge!(telemetry::OLDEST_SECONDS).set(age.unwrap_or_default());
    Ok(())
}

async fn prune(sender: &Sender, stop: &CancellationToken) -> Result<(), DbErr> {
    let before = sender.clock.now() - sender.settings.keep();
    let db = sender.db.system();
    while !stop.is_cancelled() && webhooks::prune(&db, before, PRUNE_ROWS).await? == PRUNE_ROWS {}
    Ok(())
}
