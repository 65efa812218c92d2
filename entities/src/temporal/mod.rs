//! Files, directories and memory entries as rows that hold from one sync until another.
//!
//! A row is seen at sync number `s` of its branch if `valid_from <= s` and (`valid_to` is null or `valid_to > s`).
//! A sync in progress writes under the number after the head's ([`Draft`]); nobody sees that until the head moves, in
//! the sync's last transaction, and what an interrupted sync left behind is undone by [`Draft::sweep`].
//!
//! [`StateAt`] is the only door for reading. The tables themselves are private to this crate, so that no query can go
//! round it.

mod change_pages;
mod changes;
mod draft;
mod forget;
mod listing;
mod memory;
mod pages;
mod remove;
mod state;

pub use changes::{Change, ChangeCounts, ChangeKind, MemoryChange, MemoryChangeKind};
pub use draft::{ClosedCounts, Draft, MemoryEntryRow, NewFile, NewTree};
pub(crate) use forget::{ContentId, Unshown, count_forgotten, count_unshown_without, remove_forgotten};
pub use forget::{RowCounts, UnshownCounts};
pub use listing::{Children, FileRow, ListedFile, TreeRow, WalkedEntry};
pub use memory::{ListedEntry, MemoryFilter, OpenEntry};
pub use pages::{FileFilter, MAX_PAGE_TEXT_BYTES, MemoryPosition};
pub(crate) use remove::remove_branch;
pub use state::{Forgotten, StateAt, StateError};

/// The most rows in one INSERT or id list: measured as the point where larger ones no longer pay, and below the bind
/// limits of both databases (32,766 on SQLite, 65,535 on Postgres) at our widest table.
pub const ROWS_PER_STATEMENT: usize = 500;
