//! Pushing jobs. Those of many callers go to Redis together: while calls are under way, the next ones gather.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout,
};

use super::{PATIENCE, micros, scripts::Scripts};
use crate::{
    queue::{MAX_BATCH, NewJob, QueueError},
    redis_link::RedisLink,
};

/// How many calls are under way at once: Redis does one while we prepare the other.
const MAX_CALLS: usize = 2;

pub(super) struct Pushes {
    link: Arc<RedisLink>,
    scripts: Arc<Scripts>,
    /// What no call has taken yet: one job of each caller that waits.
    waiting: Mutex<Vec<Waiting>>,
    calls: Semaphore,
}

struct Waiting {
    job: NewJob,
    answer: oneshot::Sender<Result<bool, QueueError>>,
}

impl Pushes {
    pub(super) fn new(link: Arc<RedisLink>, scripts: Arc<Scripts>) -> Self {
        Self { link, scripts, waiting: Mutex::default(), calls: Semaphore::new(MAX_CALLS) }
    }

    /// Pushes jobs, at most [`MAX_BATCH`], and tells of each whether it was not there.
    ///
    /// # Errors
    /// If Redis is away.
    pub(super) async fn push_all(
        &self,
        jobs: impl Iterator<Item = &NewJob>,
    ) -> Result<Vec<bool>, QueueError> {
        let mut script = self.scripts.push.begin();
        for job in jobs {
            script
                .arg(job.job.sync_id().to_string())
                .arg(job.tenant.to_string())
                .arg(job.priority as i32)
                .arg(micros(job.delay))
                .arg(job.job.encode());
        }
        Ok(self.link.call(&script).await?)
    }

    /// Pushes a job, with those of others, and tells whether it was not there.
    ///
    /// # Errors
    /// If Redis is away.
    pub(super) async fn push(&self, job: &NewJob) -> Result<bool, QueueError> {
        let (answer, answered) = oneshot::channel();
        self.waiting().push(Waiting { job: job.clone(), answer });
        let pushed = timeout(PATIENCE.call, async {
            let call = self.calls.acquire().await;
            // Earlier ones may come first; and this one may be under way already.
            while answered.is_empty() && self.push_waiting().await {}
            drop(call);
            match answered.await {
                Ok(result) => result,
                // Whoever took it was stopped in the middle.
                Err(_) => Ok(self.push_all([job].into_iter()).await?.contains(&true)),
            }
        });
        pushed.await.unwrap_or_else(|_| Err(QueueError("redis did not answer in time".to_owned())))
    }

    /// Pushes what waits, the first first. `false` if nothing does.
    async fn push_waiting(&self) -> bool {
        let taken: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(MAX_BATCH);
            waiting.drain(..count).collect()
        };
        if taken.is_empty() {
            return false;
        }
        match self.push_all(taken.iter().map(|it| &it.job)).await {
            Ok(are_new) => {
                for (it, is_new) in taken.into_iter().zip(are_new) {
                    // Whoever does not wait any more does not need the answer.
                    let _ = it.answer.send(Ok(is_new));
                }
            }
            Err(QueueError(error)) => {
                for it in taken {
                    let _ = it.answer.send(Err(QueueError(error.clone())));
                }
            }
        }
        true
    }

    /// Locks what waits. Nothing panics while it is half-changed.
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
