//! The queue that wakes workers.
//!
//! It holds one message for each sync that waits, in the order in which they are to be begun, and lends them out under
//! leases. The rows are the truth: a queue that lost everything is filled again from them, and one that delivers twice
//! does no harm, because a sync is claimed in the database before anything is done.

mod local;
mod redis;
mod signals;

use std::time::Duration;

use async_trait::async_trait;
use entities::{Priority, SyncId, TenantId};
use futures::stream::BoxStream;

use crate::SyncJob;

pub use self::{local::LocalQueue, redis::RedisQueue};

/// The most jobs that are pushed, claimed or settled in one call.
pub const MAX_BATCH: usize = 500;

/// The longest that a job can be made to wait; longer delays are cut to it.
const MAX_DELAY: Duration = Duration::from_secs(365 * 86_400);

/// Of how many tenants without waiting jobs it is remembered when they were served, for each priority. Others count as
/// never served, so they come first when they return.
const MAX_REMEMBERED_TENANTS: usize = 10_000;

/// Why the queue did not answer. Always worth a retry: the queue is away, or was just restarted.
#[derive(Debug, thiserror::Error)]
#[error("queue: {0}")]
pub struct QueueError(pub String);

/// A job to be queued.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewJob {
    /// The job.
    pub job: SyncJob,
    /// Whose it is: tenants are served in turn.
    pub tenant: TenantId,
    /// Which is served first, whosever it is.
    pub priority: Priority,
    /// How long it waits before it may be delivered.
    pub delay: Duration,
}

/// A job on loan to a worker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// What names it in the queue: the sync's id, unless somebody else wrote the message.
    pub id: String,
    /// The message: see [`SyncJob::decode`].
    pub payload: String,
    /// How often it was lent out, this time included. Counted when it is lent, so that a job that kills its worker
    /// counts, too.
    pub attempt: u32,
    /// Outdates every earlier loan of the same job.
    pub token: u64,
}

impl Delivery {
    /// What the loan is prolonged and settled with.
    pub fn receipt(&self) -> Receipt {
        Receipt { id: self.id.clone(), token: self.token }
    }
}

/// Proves a loan.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Receipt {
    /// What names the job in the queue.
    pub id: String,
    /// Which loan.
    pub token: u64,
}

/// What comes of a loan.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settlement {
    /// The job is done and leaves the queue; unless it was pushed again meanwhile: then it is queued anew.
    Done,
    /// It is lent again after this time. If not `counted`, the attempt does not count.
    Retry {
        /// After which time.
        after: Duration,
        /// Whether the attempt counts.
        counted: bool,
    },
}

/// What was claimed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claimed {
    /// The jobs on loan.
    pub deliveries: Vec<Delivery>,
    /// When the next job that waits for its time is due. `None` if there is none.
    pub next_due: Option<Duration>,
}

/// What workers are told at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Signal {
    /// There may be something to claim. Also told after a lost connection was made again.
    Wake,
    /// Whoever runs this sync is to end it: the row says so already.
    Cancel(SyncId),
}

/// How much the queue holds, and who serves it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueueStats {
    /// Could be lent now.
    pub ready: u64,
    /// Wait for their time.
    pub delayed: u64,
    /// On loan.
    pub lent: u64,
    /// The workers that were heard of within the last lease, and how long ago.
    pub workers: Vec<(String, Duration)>,
}

/// A queue of jobs. Every call may be repeated without harm.
#[async_trait]
pub trait JobQueue: Send + Sync + 'static {
    /// Queues jobs, at most [`MAX_BATCH`], and tells how many were not there. One that waits already keeps its place,
    /// and moves forward if it is wanted earlier or is more important now. One that is on loan is queued anew when its
    /// loan is settled.
    ///
    /// # Errors
    /// If the queue is away: then some may have been queued.
    async fn push(&self, jobs: &[NewJob]) -> Result<usize, QueueError>;

    /// Lends up to `max` (at most [`MAX_BATCH`]) jobs to a worker: those that are due, the most important ones first,
    /// tenants in turn, the oldest of each first. Loans that ran out are lent again.
    ///
    /// # Errors
    /// If the queue is away.
    async fn claim(&self, worker: &str, max: usize) -> Result<Claimed, QueueError>;

    /// Prolongs loans and says that the worker lives. Gives back those that are lost: lent to somebody else, or
    /// unknown because the queue forgot.
    ///
    /// # Errors
    /// If the queue is away.
    async fn prolong(&self, worker: &str, receipts: &[Receipt]) -> Result<Vec<Receipt>, QueueError>;

    /// Ends loans. One that is lost is left alone.
    ///
    /// # Errors
    /// If the queue is away: then some may have been settled.
    async fn settle(&self, settlements: &[(Receipt, Settlement)]) -> Result<(), QueueError>;

    /// Takes jobs out that wait. One on loan stays, and is not queued anew.
    ///
    /// # Errors
    /// If the queue is away.
    async fn remove(&self, ids: &[SyncId]) -> Result<(), QueueError>;

    /// Forgets jobs, on loan or not: whoever held a loan has lost it.
    ///
    /// # Errors
    /// If the queue is away.
    async fn revoke(&self, ids: &[SyncId]) -> Result<(), QueueError>;

    /// Tells all workers that a sync is to end.
    ///
    /// # Errors
    /// If the queue is away. The row holds the wish, so the sync ends all the same, only later.
    async fn cancel(&self, id: SyncId) -> Result<(), QueueError>;

    /// What is told from now on. Never ends; makes its connection again by itself.
    ///
    /// # Errors
    /// If the queue is away.
    async fn signals(&self) -> Result<BoxStream<'static, Signal>, QueueError>;

    /// Whether this worker may do a duty that one worker is enough for, for the given time. `false` if another does.
    ///
    /// # Errors
    /// If the queue is away.
    async fn lead(&self, duty: &str, worker: &str, term: Duration) -> Result<bool, QueueError>;

    /// A worker says goodbye: it is not counted any more.
    ///
    /// # Errors
    /// If the queue is away.
    async fn leave(&self, worker: &str) -> Result<(), QueueError>;

    /// Counts.
    ///
    /// # Errors
    /// If the queue is away.
    async fn stats(&self) -> Result<QueueStats, QueueError>;

    /// How long a loan holds without being prolonged.
    fn lease(&self) -> Duration;
}
