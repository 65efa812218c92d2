//! What hosts send when something was pushed.
//!
//! Whoever sends it shows who they are by its signature alone, which is over the bytes of the body as they came: nothing
//! of it is looked at before that is right. Without the right signature nothing is told either, not even whether there is
//! such a project; the same is done and takes the same time.

mod body;
mod payload;
mod receive;
mod signature;

pub(crate) use body::Budget;
pub(crate) use receive::{Signed, act};
pub(crate) use signature::is_key;

/// What hosts sent, by host and by what came of it.
pub(crate) const HOOKS_RECEIVED: &str = "project_sync_hooks_received_total";
