//! The heartbeat of a sync that runs.

use std::time::Duration;

use entities::{
    Database, TenantDb,
    syncs::{self, Claim, Heartbeat},
};
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Runner, runner::CLAIM_PATIENCE};
use crate::telemetry;

impl Runner {
    /// Prolongs the lease three times in each of its lengths. Fires `stop` when the sync is to end, is to be handed over,
    /// or is ours no more. Ends with the guard.
    pub(super) fn keep_alive(
        &self,
        db: TenantDb,
        claim: Claim,
        stop: CancellationToken,
        hand_over: CancellationToken,
    ) -> DropGuard {
        let done = CancellationToken::new();
        let (clock, lease) = (self.clock.clone(), self.settings.lease());
        let over = done.clone();
        tokio::spawn(async move {
            let interval = beat_interval(lease);
            // The claim itself is the first sign of life.
            let mut beat = tokio::time::interval_at(Instant::now() + interval, interval);
            loop {
                tokio::select! {
                    _ = beat.tick() => {}
                    () = hand_over.cancelled(), if !stop.is_cancelled() => stop.cancel(),
                    () = over.cancelled() => return,
                }
                let beat = syncs::heartbeat(&db, &claim, clock.now(), lease);
                let Some(beat) = beat_in_time(&db.database(), lease, beat).await else {
                    tracing::warn!("the database has not answered for as long as the claim holds");
                    return stop.cancel();
                };
                match beat {
                    Ok(Heartbeat::Held) => {}
                    // Still prolonged: the ending is written under the claim, too.
                    Ok(Heartbeat::CancelRequested) => stop.cancel(),
                    Ok(Heartbeat::Lost) => {
                        metrics::counter!(telemetry::CLAIMS_LOST).increment(1);
                        return stop.cancel();
                    }
                    // The fence decides; a database that is away for longer than the lease loses us the claim.
                    Err(error) => tracing::warn!(%error, "heartbeat"),
                }
            }
        });
        done.drop_guard()
    }
}

/// Waits for a heartbeat. Our own transaction may hold it up, for as long as that takes; `None` if the database does not
/// answer other questions either.
async fn beat_in_time<T>(db: &Database, lease: Duration, beat: impl Future<Output = T>) -> Option<T> {
    let mut beat = std::pin::pin!(beat);
    loop {
        match tokio::time::timeout(lease, &mut beat).await {
            Ok(beat) => return Some(beat),
            Err(_) if entities::is_there(db, CLAIM_PATIENCE).await => {}
            Err(_) => return None,
        }
    }
}

/// How often a lease is prolonged: at least once a second, so that a cancellation is noticed soon.
fn beat_interval(lease: Duration) -> Duration {
    (lease / 3).min(Duration::from_secs(1)).max(Duration::from_millis(10))
}
