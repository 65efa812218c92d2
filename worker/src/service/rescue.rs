//! The rescue: what the queue or a worker lost is found in the rows and goes on.

use std::{sync::Arc, time::Duration};

use entities::{SyncStatus, syncs};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::loans::Running;
use crate::{
    error::SyncError,
    pipeline::{Rescued, Runner},
};

/// How many running syncs are looked at in one round: those whose lease ends first.
const MAX_LOOKED_AT: u64 = 1_000;

/// How long the database is given to answer.
const DATABASE_PATIENCE: Duration = Duration::from_secs(2);

/// Looks again and again, until `stop` fires. One worker of all is enough in each round.
pub(super) async fn watch(runner: Arc<Runner>, running: Arc<Running>, stop: CancellationToken) {
    let interval = runner.settings.worker.rescue_interval();
    let mut round = tokio::time::interval(interval);
    round.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = round.tick() => {}
            () = stop.cancelled() => return,
        }
        let dispatcher = &runner.dispatcher;
        // Whoever cannot reach the database must not lead those who can.
        if !entities::is_there(&dispatcher.db, DATABASE_PATIENCE).await {
            tracing::warn!("the database does not answer");
            continue;
        }
        bus::telemetry::observe(dispatcher, runner.clock.now()).await;
        // A little less than the interval, so that the one who leads now may lead again.
        match dispatcher.queue.lead("rescue", runner.instance.name(), interval.mul_f64(0.9)).await {
            Ok(false) => continue,
            Ok(true) => {}
            // Without the queue nobody knows who leads; looking twice does no harm.
            Err(error) => tracing::warn!(%error, "the queue is away"),
        }
        if let Err(error) = look(&runner, &running).await {
            tracing::warn!(%error, "the rescue cannot look now");
        }
    }
}

/// One look: syncs whose worker is gone, then everything that waits and is not in the queue.
pub(super) async fn look(runner: &Runner, running: &Running) -> Result<(), SyncError> {
    let db = &runner.dispatcher.db.system();
    for seen in syncs::all_running(db, MAX_LOOKED_AT).await? {
        // Our own heartbeat may be late; the sync itself says when it is over.
        if running.has(seen.id) {
            continue;
        }
        match runner.rescue(&seen).await {
            Ok(Rescued::No) | Err(SyncError::ClaimLost) => {}
            Ok(Rescued::Requeued) => {
                let row = syncs::get(db, seen.id).await?;
                if let Some(row) = row.filter(|row| row.status == SyncStatus::Pending) {
                    runner.dispatcher.wake_again(&row, runner.clock.now()).await;
                }
            }
            Ok(Rescued::Ended) => runner.dispatcher.wake_next(&seen, runner.clock.now()).await?,
            Err(error) => return Err(error),
        }
    }
    let queued = runner.dispatcher.refill(None, runner.clock.now()).await?;
    if queued > 0 {
        tracing::info!(queued, "syncs that no message told of are queued");
    }
    Ok(())
}
