//! Passing events on while they happen. What is missed here is in `sync_events`.

mod local;
mod redis;

use async_trait::async_trait;
use entities::{ProjectId, SyncId};
use futures::stream::BoxStream;

use crate::ProgressEvent;

pub use self::{local::LocalProgressBus, redis::RedisProgressBus};

/// How many events a subscriber may fall behind before it loses the oldest ones (and must read them from the database).
pub const SUBSCRIPTION_EVENTS: usize = 256;

/// Passes events from the worker that makes them to whoever watches.
#[async_trait]
pub trait ProgressBus: Send + Sync {
    /// Passes an event on. Never waits for watchers.
    async fn publish(&self, event: &ProgressEvent);

    /// The events of a sync after number `after` (0: all) from now on, in order and each once; earlier ones come first
    /// where the bus still has them. The stream ends after the terminal event: `after` must be before it. A watcher that
    /// fell behind finds a gap in the numbers and reads what is missing from the database. It looks there now and then,
    /// too: that an event was not passed on shows only by the next one, and after the terminal event there is none.
    async fn subscribe(&self, sync: SyncId, after: i64) -> BoxStream<'static, ProgressEvent>;

    /// Says that a project may have new syncs. Never fails, and never waits for those who listen.
    async fn announce(&self, project: ProjectId);

    /// An item each time a project may have new syncs: somebody said so, or may have, unheard. Several times may be one
    /// item. Which syncs these are is in the database.
    async fn announcements(&self, project: ProjectId) -> BoxStream<'static, ()>;
}
