//! Queues of a test's own, and what is often done with them.

use std::{future::Future, time::Duration};

use entities::{Priority, SyncId, TenantId};
use project_sync_bus::{
    LocalQueue, QueueSettings, RedisQueue, SyncJob,
    queue::{Delivery, JobQueue, MAX_BATCH, NewJob, Settlement},
};

use crate::redis::redis_url;

/// A lease that does not run out within a test.
pub const LONG: Duration = Duration::from_secs(600);

/// A lease that runs out within a test.
pub const SHORT: Duration = Duration::from_millis(60);

/// A delay that is not over within a test.
pub const HOUR: Duration = Duration::from_secs(3_600);

/// How long anything may take that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a queue is kept.
pub enum Place {
    Local,
    Redis(QueueSettings),
}

impl Place {
    pub fn local() -> Self {
        Self::Local
    }

    pub fn redis() -> Self {
        Self::redis_at(redis_url())
    }

    pub fn redis_at(url: String) -> Self {
        let prefix = format!("test-{}", SyncId::generate());
        Self::Redis(QueueSettings { redis_url: Some(url), prefix, ..QueueSettings::default() })
    }

    /// The queue, with this lease.
    pub async fn queue(&self, lease: Duration) -> Box<dyn JobQueue> {
        match self {
            Self::Local => Box::new(LocalQueue::new(lease)),
            Self::Redis(settings) => Box::new(RedisQueue::connect(settings).await.unwrap().with_lease(lease)),
        }
    }
}

/// A new job of a new sync.
pub fn job_of(tenant: TenantId) -> NewJob {
    NewJob {
        job: SyncJob::new(SyncId::generate()),
        tenant,
        priority: Priority::Person,
        delay: Duration::ZERO,
    }
}

/// A new job of a new sync of a new tenant.
pub fn job() -> NewJob {
    job_of(TenantId::generate())
}

pub fn id(job: &NewJob) -> String {
    job.job.sync_id().to_string()
}

pub fn ids<'a>(jobs: impl IntoIterator<Item = &'a NewJob>) -> Vec<String> {
    jobs.into_iter().map(id).collect()
}

/// Claims once and tells what it got.
pub async fn claim(queue: &dyn JobQueue, max: usize) -> Vec<Delivery> {
    queue.claim("worker", max).await.unwrap().deliveries
}

/// Claims once and tells of which jobs it got.
pub async fn claim_ids(queue: &dyn JobQueue, max: usize) -> Vec<String> {
    claim(queue, max).await.into_iter().map(|delivery| delivery.id).collect()
}

/// Claims until it gets something.
pub async fn claim_some(queue: &dyn JobQueue, worker: &str, max: usize) -> Vec<Delivery> {
    soon(async {
        loop {
            let deliveries = queue.claim(worker, max).await.unwrap().deliveries;
            if !deliveries.is_empty() {
                return deliveries;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

pub async fn settle(queue: &dyn JobQueue, delivery: &Delivery, settlement: Settlement) {
    queue.settle(&[(delivery.receipt(), settlement)]).await.unwrap();
}

/// Claims and settles until this many are done; tells them in order.
pub async fn drain(queue: &dyn JobQueue, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let deliveries = claim_some(queue, "worker", MAX_BATCH).await;
        let done: Vec<_> = deliveries.iter().map(|it| (it.receipt(), Settlement::Done)).collect();
        queue.settle(&done).await.unwrap();
        ids.extend(deliveries.into_iter().map(|delivery| delivery.id));
    }
    ids
}

/// What must happen soon.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it did not happen in time")
}
