//! Event streams under faults: real gateways on a Postgres and a Redis of their own, hundreds of clients that come and go,
//! and an author of events whose words get lost on the way.
//!
//! Every client keeps a record of what it was told, and [`verdict`] holds all of them against what was written: nothing
//! lost, nothing twice, nothing out of order, and the end seen by all. `FAULT_ROUNDS` sets how often, `FAULT_SEED` repeats
//! a run's choices.

mod audience;
mod author;
mod bogus;
#[path = "../faults/chance.rs"]
mod chance;
mod crowd;
mod gateways;
mod late;
mod ledger;
mod lost;
mod projects;
mod record;
mod restless;
mod slow;
mod stage;
mod verdict;
mod wire;
mod worker;

pub(crate) use chance::{Chance, alone, rounds};
