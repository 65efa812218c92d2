//! The queue within one process.

mod lanes;
mod state;

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use entities::SyncId;
use futures::stream::BoxStream;
use tokio::{sync::broadcast, time::Instant};

use super::{
    Claimed, JobQueue, MAX_BATCH, NewJob, QueueError, QueueStats, Receipt, Settlement, Signal, signals,
};
use state::State;

/// A queue in memory: it forgets everything when the process ends, and is filled from the rows when it begins.
pub struct LocalQueue {
    lease: Duration,
    state: Mutex<State>,
    signals: broadcast::Sender<Signal>,
}

impl LocalQueue {
    /// An empty queue whose loans hold for `lease`.
    pub fn new(lease: Duration) -> Self {
        Self { lease, state: Mutex::new(State::new(lease)), signals: signals::channel() }
    }

    /// Locks the state. Nothing panics while it is half-changed.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_if(&self, anything: bool) {
        if anything {
            // Nobody listens: then nobody needs to be woken.
            let _ = self.signals.send(Signal::Wake);
        }
    }
}

#[async_trait]
impl JobQueue for LocalQueue {
    async fn push(&self, jobs: &[NewJob]) -> Result<usize, QueueError> {
        let now = Instant::now();
        let (mut new, mut wake) = (0, false);
        {
            let mut state = self.state();
            for job in jobs {
                let pushed = state.push(job, now);
                new += usize::from(pushed.is_new);
                wake |= pushed.wake;
            }
        }
        self.wake_if(wake);
        Ok(new)
    }

    async fn claim(&self, worker: &str, max: usize) -> Result<Claimed, QueueError> {
        let (claimed, more) = self.state().claim(worker, max.min(MAX_BATCH), Instant::now());
        self.wake_if(more);
        Ok(claimed)
    }

    async fn prolong(&self, worker: &str, receipts: &[Receipt]) -> Result<Vec<Receipt>, QueueError> {
        Ok(self.state().prolong(worker, receipts, Instant::now()))
    }

    async fn settle(&self, settlements: &[(Receipt, Settlement)]) -> Result<(), QueueError> {
        let now = Instant::now();
        let mut wake = false;
        {
            let mut state = self.state();
            for (receipt, settlement) in settlements {
                wake |= state.settle(receipt, *settlement, now);
            }
        }
        self.wake_if(wake);
        Ok(())
    }

    async fn remove(&self, ids: &[SyncId]) -> Result<(), QueueError> {
        let now = Instant::now();
        let mut state = self.state();
        for id in ids {
            state.remove(&id.to_string(), now);
        }
        Ok(())
    }

    async fn revoke(&self, ids: &[SyncId]) -> Result<(), QueueError> {
        let mut state = self.state();
        for id in ids {
            state.revoke(&id.to_string());
        }
        Ok(())
    }

    async fn cancel(&self, id: SyncId) -> Result<(), QueueError> {
        let _ = self.signals.send(Signal::Cancel(id));
        Ok(())
    }

    async fn signals(&self) -> Result<BoxStream<'static, Signal>, QueueError> {
        Ok(signals::stream(self.signals.subscribe()))
    }

    async fn lead(&self, duty: &str, worker: &str, term: Duration) -> Result<bool, QueueError> {
        Ok(self.state().lead(duty, worker, term, Instant::now()))
    }

    async fn leave(&self, worker: &str) -> Result<(), QueueError> {
        self.state().leave(worker);
        Ok(())
    }

    async fn stats(&self) -> Result<QueueStats, QueueError> {
        Ok(self.state().stats(Instant::now()))
    }

    fn lease(&self) -> Duration {
        self.lease
    }
}
