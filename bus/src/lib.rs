//! What crosses a process: the job that wakes a worker, and the events that tell how a sync goes.

mod event;
mod job;
mod progress_bus;

pub use event::{Event, EventError, EventKind, ProgressEvent, Unit};
pub use job::SyncJob;
pub use progress_bus::{LocalProgressBus, ProgressBus, SUBSCRIPTION_EVENTS};
