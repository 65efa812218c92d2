//! The queue within one process.

use std::time::Duration;

use async_trait::async_trait;
use entities::SyncId;
use futures::stream::BoxStream;

use super::{Claimed, JobQueue, NewJob, QueueError, QueueStats, Receipt, Settlement, Signal};

/// A queue in memory: it forgets everything when the process ends, and is filled from the rows when it begins.
pub struct LocalQueue {
    lease: Duration,
}

impl LocalQueue {
    /// An empty queue whose loans hold for `lease`.
    pub fn new(lease: Duration) -> Self {
        Self { lease }
    }
}

#[async_trait]
impl JobQueue for LocalQueue {
    async fn push(&self, _jobs: &[NewJob]) -> Result<usize, QueueError> {
        unimplemented!()
    }
    async fn claim(&self, _worker: &str, _max: usize) -> Result<Claimed, QueueError> {
        unimplemented!()
    }
    async fn prolong(&self, _worker: &str, _receipts: &[Receipt]) -> Result<Vec<Receipt>, QueueError> {
        unimplemented!()
    }
    async fn settle(&self, _settlements: &[(Receipt, Settlement)]) -> Result<(), QueueError> {
        unimplemented!()
    }
    async fn remove(&self, _ids: &[SyncId]) -> Result<(), QueueError> {
        unimplemented!()
    }
    async fn cancel(&self, _id: SyncId) -> Result<(), QueueError> {
        unimplemented!()
    }
    async fn signals(&self) -> Result<BoxStream<'static, Signal>, QueueError> {
        unimplemented!()
    }
    async fn lead(&self, _duty: &str, _worker: &str, _term: Duration) -> Result<bool, QueueError> {
        unimplemented!()
    }
    async fn leave(&self, _worker: &str) -> Result<(), QueueError> {
        unimplemented!()
    }
    async fn stats(&self) -> Result<QueueStats, QueueError> {
        unimplemented!()
    }
    fn lease(&self) -> Duration {
        self.lease
    }
}
