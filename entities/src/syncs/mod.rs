//! Syncs: their life, what is noted of them, and how they are found. Each step of a life is one statement whose condition
//! is the guard, so that whoever comes late changes nothing.

mod counts;
mod events;
mod find;
mod life;

pub use counts::{PhaseRecord, SyncCounts};
pub use events::{append_event, events, last_event_seq};
pub use find::{by_id_prefix, by_seq, get, history, pending, recent_commits, running};
pub use life::{
    Claim, ClaimOutcome, Ending, Heartbeat, NewSync, Totals, cancel_pending, claim, create, enter_phase,
    fence, finish, heartbeat, request_cancel, take_over,
};
