//! One sync, from its claim to its last event.
//!
//! The phases are steps behind one trait. The runner owns everything around them: claim, heartbeat, progress, retries,
//! cancellation, timings and the ending. Each phase can be run again from its start without harm, whatever an earlier
//! attempt left, so that a sync can be resumed at any phase boundary.

mod ending;
mod heartbeat;
pub mod phases;
mod progress;
mod run;
mod runner;

use async_trait::async_trait;
use entities::SyncKind;

pub use ending::Rescued;
pub use progress::Progress;
pub use run::{Run, Target};
pub use runner::{Persistence, RunOutcome, Runner, Stop};

use crate::error::SyncError;

/// What comes after a phase.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// The next phase of the list.
    Continue,
    /// The phase of this name, skipping those between.
    SkipTo(&'static str),
}

/// A step of a sync.
#[async_trait]
pub trait Phase: Send + Sync {
    /// Its name, as events and rows bear it. Stable.
    fn name(&self) -> &'static str;

    /// Does the work. May be called again after an error, and must then give the same result as a first call.
    async fn run(&self, run: &mut Run) -> Result<Next, SyncError>;
}

/// The phases of each kind of sync, in order.
pub fn phases(kind: SyncKind) -> &'static [&'static dyn Phase] {
    match kind {
        SyncKind::Sync => &[&phases::Prepare, &phases::Scan, &phases::Import, &phases::Finalize],
        SyncKind::Restore => &[&phases::Prepare, &phases::Restore, &phases::Finalize],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_phases_is_stable() {
        let names = |kind| phases(kind).iter().map(|phase| phase.name()).collect::<Vec<_>>();
        assert_eq!(names(SyncKind::Sync), ["prepare", "scan", "import", "finalize"]);
        assert_eq!(names(SyncKind::Restore), ["prepare", "restore", "finalize"]);
        // Those who only watch know them by the same names.
        for kind in [SyncKind::Sync, SyncKind::Restore] {
            assert_eq!(names(kind), bus::phases(kind));
        }
    }
}
