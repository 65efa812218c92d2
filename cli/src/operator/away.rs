//! A queue that does not answer, so that operators can look at the database and repair it all the same.

use std::time::Duration;

use async_trait::async_trait;
use bus::{
    JobQueue, QueueError,
    queue::{Claimed, NewJob, QueueStats, Receipt, Settlement, Signal},
};
use entities::SyncId;
use futures::stream::BoxStream;

/// Refuses everything, and says why.
pub struct Away(pub String);

impl Away {
    fn refused<T>(&self) -> Result<T, QueueError> {
        Err(QueueError(self.0.clone()))
    }
}

#[async_trait]
impl JobQueue for Away {
    async fn push(&self, _: &[NewJob]) -> Result<usize, QueueError> {
        self.refused()
    }

    async fn claim(&self, _: &str, _: usize) -> Result<Claimed, QueueError> {
        self.refused()
    }

    async fn prolong(&self, _: &str, _: &[Receipt]) -> Result<Vec<Receipt>, QueueError> {
        self.refused()
    }

    async fn settle(&self, _: &[(Receipt, Settlement)]) -> Result<(), QueueError> {
        self.refused()
    }

    async fn remove(&self, _: &[SyncId]) -> Result<(), QueueError> {
        self.refused()
    }

    async fn revoke(&self, _: &[SyncId]) -> Result<(), QueueError> {
        self.refused()
    }

    async fn cancel(&self, _: SyncId) -> Result<(), QueueError> {
        self.refused()
    }

    async fn signals(&self) -> Result<BoxStream<'static, Signal>, QueueError> {
        self.refused()
    }

    async fn lead(&self, _: &str, _: &str, _: Duration) -> Result<bool, QueueError> {
        self.refused()
    }

    async fn leave(&self, _: &str) -> Result<(), QueueError> {
        self.refused()
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        self.refused()
    }

    fn lease(&self) -> Duration {
        Duration::ZERO
    }
}
