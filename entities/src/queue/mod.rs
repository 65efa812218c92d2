//! What waits for workers, what may not be begun, and what was given up. The message queue only wakes workers: what it
//! loses is found here.

mod dead;
mod depth;
mod pauses;
mod waiting;

pub use dead::{
    DeadFilter, MAX_PAYLOAD_CHARS, NewDeadJob, bury, count_dead, dead, dead_jobs, remove_dead,
    remove_dead_sync,
};
pub use depth::{Depth, LONG_AFTER, QueueDepth, depth};
pub use pauses::{MAX_REASON_CHARS, PauseScope, is_paused, pause, pauses, resume};
pub use waiting::{WaitingAfter, WaitingSync, waiting_syncs};
