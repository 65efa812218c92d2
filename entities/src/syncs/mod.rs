//! Syncs: their life, what is noted of them, and how they are found. Each step of a life is one statement whose condition
//! is the guard, so that whoever comes late changes nothing.

mod counts;
mod events;
mod find;
mod life;
mod pages;
mod request;
mod watch;

pub use counts::{PhaseRecord, SyncCounts};
pub use events::{append_event, append_events, count_events, events, last_event_seq};
pub use find::{active, all_running, by_id_prefix, by_seq, get, history, recent_commits, running, waiting};
pub use life::{
    Claim, ClaimOutcome, Ending, Heartbeat, MAX_TRACE_PARENT_CHARS, NewSync, Totals, cancel_pending, claim,
    create, enter_phase, fence, finish, give_back, heartbeat, hurry, request_cancel, take_over,
};
pub use pages::{SyncFilter, by_ids, count, last_event_of_type, last_events, page, remove, stuck};
pub use request::{Requested, request};
pub use watch::{
    MAX_SYNCS_AT_ONCE, asked_after, by_ordinals, last_event_seqs, last_ordinals, milestones, unfinished,
};
