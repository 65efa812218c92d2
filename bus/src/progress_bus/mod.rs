//! Passing events on while they happen. What is missed here is in `sync_events`.

mod local;
mod redis;

use async_trait::async_trait;
use entities::SyncId;
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

    /// The events of a sync from now on, in order and each once; earlier ones come first where the bus still has them.
    /// The stream ends after the terminal event. A watcher that fell behind finds a gap in the numbers and reads what is
    /// missing from the database. It looks there now and then, too: that an event was not passed on shows only by the
    /// next one, and after the terminal event there is none.
    async fn subscribe(&self, sync: SyncId) -> BoxStream<'static, ProgressEvent>;
}
