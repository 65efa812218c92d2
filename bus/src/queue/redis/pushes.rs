//! Pushing jobs. Those of many callers go to Redis together: while one call is under way, the next ones gather.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::{
    sync::{Mutex as Turn, oneshot},
    time::timeout,
};

use super::{PATIENCE, micros, scripts::Scripts};
use crate::{
    queue::{MAX_BATCH, NewJob, QueueError},
    redis_link::RedisLink,
};

pub(super) struct Pushes {
    link: Arc<RedisLink>,
    scripts: Arc<Scripts>,
    /// What no call has taken yet: one job of each caller that waits.
    waiting: Mutex<Vec<Waiting>>,
    turn: Turn<()>,
}

struct Waiting {
    job: NewJob,
    answer: oneshot::Sender<Result<bool, QueueError>>,
}

impl Pushes {
    pub(super) fn new(link: Arc<RedisLink>, scripts: Arc<Scripts>) -> Self {
        Self { link, scripts, waiting: Mutex::default(), turn: Turn::default() }
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
        let (answer, mut answered) = oneshot::channel();
        self.waiting().push(Waiting { job: job.clone(), answer });
        let pushed = timeout(PATIENCE.call, async {
            let _turn = self.turn.lock().await;
            loop {
                match answered.try_recv() {
                    Ok(result) => return result,
                    // Whoever took it was stopped in the middle.
                    Err(oneshot::error::TryRecvError::Closed) => {
                        return Ok(self.push_all([job].into_iter()).await?.contains(&true));
                    }
                    Err(oneshot::error::TryRecvError::Empty) => self.push_waiting().await,
                }
            }
        });
        pushed.await.unwrap_or_else(|_| Err(QueueError("redis did not answer in time".to_owned())))
    }

    /// Pushes what waits, the first first.
    async fn push_waiting(&self) {
        let taken: Vec<Waiting> = {
            let mut waiting = self.waiting();
            let count = waiting.len().min(MAX_BATCH);
            waiting.drain(..count).collect()
        };
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
    }

    /// Locks what waits. Nothing panics while it is half-changed.
    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
