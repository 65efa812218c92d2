//! Our queue, and workers over it: apalis on leases, as the service runs them.

use std::{convert::Infallible, sync::Arc, time::Duration};

use apalis::{
    layers::WorkerBuilderExt,
    prelude::{Data, Monitor, WorkerBuilder},
};
use bus::{
    JobQueue, QueueSettings, RedisQueue, SyncJob,
    queue::{Delivery, MAX_BATCH, NewJob, Settlement},
};
use entities::{Priority, SyncId, TenantId};
use futures::future::BoxFuture;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use worker::service::LeaseBackend;

/// A queue with a name of its own in this Redis.
pub async fn open(redis: &str) -> Arc<dyn JobQueue> {
    Arc::new(RedisQueue::connect(&settings(redis)).await.unwrap())
}

/// Settings with a name of their own in this Redis.
pub fn settings(redis: &str) -> QueueSettings {
    let prefix = format!("bench-{}", SyncId::generate());
    QueueSettings { redis_url: Some(redis.to_owned()), prefix, ..Default::default() }
}

/// A job of a tenant that nobody pushed yet.
pub fn job(tenant: TenantId) -> NewJob {
    let job = SyncJob::new(SyncId::generate());
    NewJob { job, tenant, priority: Priority::Person, delay: Duration::ZERO }
}

/// Queues jobs of a tenant, many in a call.
pub async fn fill(queue: &dyn JobQueue, tenant: TenantId, jobs: usize) {
    let jobs: Vec<NewJob> = (0..jobs).map(|_| job(tenant)).collect();
    for batch in jobs.chunks(MAX_BATCH) {
        queue.push(batch).await.unwrap();
    }
}

/// Waits until nothing waits or is on loan.
pub async fn emptied(queue: &dyn JobQueue) {
    loop {
        let stats = queue.stats().await.unwrap();
        if stats.ready + stats.delayed + stats.lent == 0 {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// What a worker does with a job.
pub type Handle = Arc<dyn Fn(Delivery) -> BoxFuture<'static, ()> + Send + Sync>;

/// A worker that runs until it is stopped.
pub struct Working {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Working {
    /// Begins to take up to `slots` jobs at once.
    pub fn start(queue: Arc<dyn JobQueue>, slots: usize, handle: Handle) -> Self {
        let stop = CancellationToken::new();
        let draining = stop.clone();
        let monitor = Monitor::new().register(move |_| {
            WorkerBuilder::new("bench")
                .backend(LeaseBackend::open(queue.clone(), "bench", slots, draining.clone()))
                .catch_panic()
                .data(handle.clone())
                .build(work)
        });
        let until = stop.clone();
        let signal = async move {
            until.cancelled().await;
            Ok(())
        };
        let task = tokio::spawn(async move { monitor.run_with_signal(signal).await.unwrap() });
        Self { stop, task }
    }

    /// Stops it and waits for its end.
    pub async fn stop(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn work(delivery: Delivery, handle: Data<Handle>) -> Result<Settlement, Infallible> {
    handle(delivery).await;
    Ok(Settlement::Done)
}
