//! What crosses a process: the job that wakes a worker, the queue that carries it, the events that tell how a sync
//! goes, and those that tell other systems how it ended. [`Dispatcher`] turns what somebody wants into a row and a message.

mod dispatcher;
mod event;
pub mod integration;
mod job;
mod progress_bus;
pub mod queue;

mod redis_link;
mod settings;
mod snapshot;
pub mod telemetry;
pub mod trace;
pub mod triggers;

pub use dispatcher::{Dispatcher, Requeued};
pub use event::{Event, EventError, EventKind, Interruption, ProgressEvent, Unit, phases};
pub use integration::{IntegrationData, IntegrationEvent, IntegrationKind, IntegrationLinks};
pub use job::{DecodeError, SyncJob};
pub use progress_bus::{LocalProgressBus, ProgressBus, RedisProgressBus, SUBSCRIPTION_EVENTS};
pub use queue::{JobQueue, LocalQueue, QueueError, RedisQueue};
pub use settings::QueueSettings;
pub use snapshot::{
    InterruptionSnapshot, MAX_RECENT_WARNINGS, PhaseSnapshot, PhaseStatus, SyncSnapshot, WarningSnapshot,
};
