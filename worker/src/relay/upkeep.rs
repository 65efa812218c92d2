//! What is looked after beside publishing: how much waits, and that the table does not grow for ever.

use std::time::Duration;

use entities::outbox;
use metrics::gauge;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{Relay, RelayError, telemetry};

/// How often the backlog is counted.
const LOOK: Duration = Duration::from_secs(5);

/// How often what is too old is removed.
const PRUNE: Duration = Duration::from_secs(600);

/// How many rows are removed at a time.
const PRUNE_ROWS: u64 = 1_000;

/// Looks again and again, until `stop` fires.
pub(super) async fn run(relay: &Relay, stop: &CancellationToken) {
    let mut round = tokio::time::interval(LOOK);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pruned: Option<Instant> = None;
    loop {
        tokio::select! {
            _ = round.tick() => {}
            () = stop.cancelled() => return,
        }
        if relay.settings.amqp_url.is_some()
            && let Err(error) = observe(relay).await
        {
            tracing::debug!(%error, "the events that wait are not counted now");
        }
        if pruned.is_none_or(|at| at.elapsed() >= PRUNE) {
            pruned = Some(Instant::now());
            if let Err(error) = prune(relay, stop).await {
                tracing::debug!(%error, "old events are not removed now");
            }
        }
    }
}

async fn observe(relay: &Relay) -> Result<(), RelayError> {
    let backlog = outbox::backlog(&relay.db.system()).await?;
    let age = backlog.oldest.map(|oldest| (relay.clock.now() - oldest).as_seconds_f64().max(0.0));
    gauge!(telemetry::PENDING).set(backlog.waiting as f64);
    gauge!(telemetry::OLDEST_SECONDS).set(age.unwrap_or_default());
    Ok(())
}

/// Removes events that are too old. Those that were never published stay, unless no relay has ever worked here: then
/// nobody waits for them.
async fn prune(relay: &Relay, stop: &CancellationToken) -> Result<(), RelayError> {
    let before = relay.clock.now() - relay.settings.keep();
    let db = relay.db.system();
    let all = relay.settings.amqp_url.is_none() && !outbox::was_relayed(&db).await?;
    while !stop.is_cancelled() && outbox::prune(&db, before, all, PRUNE_ROWS).await? == PRUNE_ROWS {}
    Ok(())
}
