//! The service under faults: real processes on a Postgres and a Redis of their own, which are killed, frozen, cut off and
//! restarted while syncs run.
//!
//! After each fault [`sound`] looks over everything that is stored. `FAULT_ROUNDS` sets how often the random tests do
//! what they do, `FAULT_SEED` repeats a run's choices.

mod chance;
mod cut_off;
mod ending;
mod held;
mod killed;
mod many;
mod rolling;
mod servers_stopped;
mod sound;
mod stage;
mod twice;

pub(crate) use chance::{Chance, alone, rounds};
