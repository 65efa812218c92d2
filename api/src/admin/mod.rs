//! What operators do: looking at syncs, queue and dead set, repairing them, and checking that all is well.
//!
//! The routes under `/api/v1/admin` and the commands without a server call the same functions.

mod bulk;
mod dead;
mod doctor;
mod jobs;
mod queue;

pub use bulk::{Bulk, MAX_BULK};
pub use dead::{DeadVerb, change_dead};
pub use doctor::{CLOCK_TOLERANCE, Check, Health, STUCK_AFTER, doctor, queue_checks};
pub use jobs::{JobVerb, Removal, change_jobs, remove_job};
pub use queue::{QueueOverview, overview};
