//! A queue that tells when jobs are claimed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bus::{
    JobQueue, QueueError, SyncJob,
    queue::{Claimed, NewJob, QueueStats, Receipt, Settlement, Signal},
};
use entities::SyncId;
use futures::stream::BoxStream;
use tokio::sync::mpsc::UnboundedSender;

/// Passes every call on to the real queue, and tells of each job that a worker got.
pub struct Watched {
    pub queue: Arc<dyn JobQueue>,
    pub claims: UnboundedSender<(SyncId, Instant)>,
}

#[async_trait]
impl JobQueue for Watched {
    async fn claim(&self, worker: &str, max: usize) -> Result<Claimed, QueueError> {
        let claimed = self.queue.claim(worker, max).await?;
        for delivery in &claimed.deliveries {
            if let Ok(job) = SyncJob::decode(&delivery.payload) {
                // Nobody may listen any more.
                let _ = self.claims.send((job.sync_id(), Instant::now()));
            }
        }
        Ok(claimed)
    }

    async fn push(&self, jobs: &[NewJob]) -> Result<usize, QueueError> {
        self.queue.push(jobs).await
    }

    async fn prolong(&self, worker: &str, receipts: &[Receipt]) -> Result<Vec<Receipt>, QueueError> {
        self.queue.prolong(worker, receipts).await
    }

    async fn settle(&self, settlements: &[(Receipt, Settlement)]) -> Result<(), QueueError> {
        self.queue.settle(settlements).await
    }

    async fn remove(&self, ids: &[SyncId]) -> Result<(), QueueError> {
        self.queue.remove(ids).await
    }

    async fn revoke(&self, ids: &[SyncId]) -> Result<(), QueueError> {
        self.queue.revoke(ids).await
    }

    async fn cancel(&self, id: SyncId) -> Result<(), QueueError> {
        self.queue.cancel(id).await
    }

    async fn signals(&self) -> Result<BoxStream<'static, Signal>, QueueError> {
        self.queue.signals().await
    }

    async fn lead(&self, duty: &str, worker: &str, term: Duration) -> Result<bool, QueueError> {
        self.queue.lead(duty, worker, term).await
    }

    async fn leave(&self, worker: &str) -> Result<(), QueueError> {
        self.queue.leave(worker).await
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        self.queue.stats().await
    }

    fn lease(&self) -> Duration {
        self.queue.lease()
    }
}
