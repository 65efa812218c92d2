//! The queue that processes share, in Redis.
//!
//! Each call is one script (`redis/*.lua`), so it happens as a whole or not at all; `redis/common.lua` tells what is kept
//! where. Redis may forget everything: then loans are lost, which their workers hear when they prolong them, and the
//! queue is filled again from the rows.

mod pushes;
mod scripts;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use entities::SyncId;
use futures::stream::BoxStream;
use redis::{Msg, RedisError};
use tokio::sync::broadcast;

use super::{
    Claimed, Delivery, JobQueue, MAX_BATCH, MAX_DELAY, NewJob, QueueError, QueueStats, Receipt, Settlement,
    Signal, signals,
};
use crate::{
    QueueSettings,
    redis_link::{Ears, Patience, RedisLink},
};
use pushes::Pushes;
use scripts::Scripts;

/// A call fails within five seconds. The answer is given more time than Redis needs to save or to load a lot, and the
/// connection so much that a lost packet does not end it.
const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(2),
    answer: Duration::from_millis(2_500),
    call: Duration::from_millis(4_800),
};

/// The most workers that are told of in [`QueueStats`].
const MAX_WORKERS: usize = 1_000;

/// What is told on the channel when there may be something to claim.
const WAKE: &str = "wake";

/// What is told on the channel before the id of a sync that is to end.
const CANCEL: &str = "cancel ";

/// A queue in Redis. Cheap to clone; all clones share one connection.
#[derive(Clone)]
pub struct RedisQueue {
    link: Arc<RedisLink>,
    scripts: Arc<Scripts>,
    pushes: Arc<Pushes>,
    channel: Arc<str>,
    lease: Duration,
}

impl RedisQueue {
    /// Connects to the Redis of the settings.
    ///
    /// # Errors
    /// If there is no URL, or it is none of Redis; or if Redis does not answer.
    pub async fn connect(settings: &QueueSettings) -> Result<Self, QueueError> {
        let url = settings.redis_url.as_deref();
        let url = url.ok_or_else(|| QueueError("queue.redis_url is not set".to_owned()))?;
        let base = format!("{{{}}}:queue", settings.prefix);
        let link = Arc::new(RedisLink::new(url, PATIENCE)?);
        let channel = format!("{base}:signals").into();
        let scripts = Arc::new(Scripts::new(base));
        let pushes = Arc::new(Pushes::new(link.clone(), scripts.clone()));
        let queue = Self { link, scripts, pushes, channel, lease: settings.lease() };
        queue.stats().await?;
        Ok(queue)
    }

    /// The same queue with another lease, which may be shorter than a second.
    #[must_use]
    pub fn with_lease(self, lease: Duration) -> Self {
        Self { lease, ..self }
    }
}

#[async_trait]
impl JobQueue for RedisQueue {
    async fn push(&self, jobs: &[NewJob]) -> Result<usize, QueueError> {
        if let [job] = jobs {
            return Ok(usize::from(self.pushes.push(job).await?));
        }
        let mut new = 0;
        for jobs in jobs.chunks(MAX_BATCH) {
            new += self.pushes.push_all(jobs.iter()).await?.into_iter().filter(|is_new| *is_new).count();
        }
        Ok(new)
    }

    async fn claim(&self, worker: &str, max: usize) -> Result<Claimed, QueueError> {
        let mut script = self.scripts.claim.begin();
        script.arg(worker).arg(max.min(MAX_BATCH)).arg(micros(self.lease));
        // Bytes, because somebody else may write anything.
        let (next_due, lent): (i64, Vec<(Vec<u8>, Vec<u8>, u32, u64)>) = self.link.call(&script).await?;
        let deliveries = lent.into_iter().map(|(id, payload, attempt, token)| Delivery {
            id: text(id),
            payload: text(payload),
            attempt,
            token,
        });
        Ok(Claimed {
            deliveries: deliveries.collect(),
            next_due: u64::try_from(next_due).ok().map(Duration::from_micros),
        })
    }

    async fn prolong(&self, worker: &str, receipts: &[Receipt]) -> Result<Vec<Receipt>, QueueError> {
        let mut lost = Vec::new();
        // Without loans, too: it says that the worker lives.
        for receipts in batches(receipts) {
            let mut script = self.scripts.prolong.begin();
            script.arg(worker).arg(micros(self.lease));
            for receipt in receipts {
                script.arg(&receipt.id).arg(receipt.token);
            }
            let places: Vec<usize> = self.link.call(&script).await?;
            lost.extend(places.into_iter().filter_map(|place| receipts.get(place)).cloned());
        }
        Ok(lost)
    }

    async fn settle(&self, settlements: &[(Receipt, Settlement)]) -> Result<(), QueueError> {
        for settlements in settlements.chunks(MAX_BATCH) {
            let mut script = self.scripts.settle.begin();
            for (receipt, settlement) in settlements {
                let (what, after) = match *settlement {
                    Settlement::Done => ("done", Duration::ZERO),
                    Settlement::Retry { after, counted: true } => ("retry", after),
                    Settlement::Retry { after, counted: false } => ("uncounted", after),
                };
                script.arg(&receipt.id).arg(receipt.token).arg(what).arg(micros(after));
            }
            self.link.call::<()>(&script).await?;
        }
        Ok(())
    }

    async fn remove(&self, ids: &[SyncId]) -> Result<(), QueueError> {
        for ids in ids.chunks(MAX_BATCH) {
            let mut script = self.scripts.remove.begin();
            for id in ids {
                script.arg(id.to_string());
            }
            self.link.call::<()>(&script).await?;
        }
        Ok(())
    }

    async fn revoke(&self, ids: &[SyncId]) -> Result<(), QueueError> {
        for ids in ids.chunks(MAX_BATCH) {
            let mut script = self.scripts.revoke.begin();
            for id in ids {
                script.arg(id.to_string());
            }
            self.link.call::<()>(&script).await?;
        }
        Ok(())
    }

    async fn cancel(&self, id: SyncId) -> Result<(), QueueError> {
        let mut script = self.scripts.cancel.begin();
        Ok(self.link.call(script.arg(format!("{CANCEL}{id}"))).await?)
    }

    async fn signals(&self) -> Result<BoxStream<'static, Signal>, QueueError> {
        let ears = self.link.listen(&self.channel).await?;
        let sender = signals::channel();
        let stream = signals::stream(sender.subscribe());
        tokio::spawn(relay(self.link.clone(), self.channel.clone(), ears, sender));
        Ok(stream)
    }

    async fn lead(&self, duty: &str, worker: &str, term: Duration) -> Result<bool, QueueError> {
        let mut script = self.scripts.lead.begin();
        script.arg(duty).arg(worker).arg((micros(term) / 1_000).max(1));
        Ok(self.link.call(&script).await?)
    }

    async fn leave(&self, worker: &str) -> Result<(), QueueError> {
        Ok(self.link.call(self.scripts.leave.begin().arg(worker)).await?)
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        let mut script = self.scripts.stats.begin();
        script.arg(micros(self.lease)).arg(MAX_WORKERS);
        let (jobs, delayed, lent, workers): (u64, u64, u64, Vec<(String, u64)>) =
            self.link.call(&script).await?;
        let mut workers: Vec<_> =
            workers.into_iter().map(|(worker, age)| (worker, Duration::from_micros(age))).collect();
        workers.sort();
        Ok(QueueStats { ready: jobs.saturating_sub(delayed + lent), delayed, lent, workers })
    }

    fn lease(&self) -> Duration {
        self.lease
    }
}

/// Passes on what is told on the channel, until nobody listens any more.
async fn relay(link: Arc<RedisLink>, channel: Arc<str>, mut ears: Ears, listener: broadcast::Sender<Signal>) {
    loop {
        tokio::select! {
            () = listener.closed() => return,
            message = ears.hear() => {
                if let Some(message) = message {
                    if let Some(signal) = read(&message) {
                        let _ = listener.send(signal);
                    }
                    continue;
                }
            }
        }
        tracing::debug!("lost the channel of the queue");
        tokio::select! {
            () = listener.closed() => return,
            again = link.listen_again(&channel) => ears = again,
        }
        let _ = listener.send(Signal::Wake);
    }
}

fn read(message: &Msg) -> Option<Signal> {
    match std::str::from_utf8(message.get_payload_bytes()).ok()? {
        WAKE => Some(Signal::Wake),
        text => text.strip_prefix(CANCEL)?.parse().ok().map(Signal::Cancel),
    }
}

impl From<RedisError> for QueueError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

fn micros(duration: Duration) -> u64 {
    // The longest delay is far from the end of u64.
    duration.min(MAX_DELAY).as_micros() as u64
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// At most [`MAX_BATCH`] each; one empty batch of nothing.
fn batches<T>(all: &[T]) -> impl Iterator<Item = &[T]> {
    let nothing = all.is_empty().then_some(all);
    nothing.into_iter().chain(all.chunks(MAX_BATCH))
}
