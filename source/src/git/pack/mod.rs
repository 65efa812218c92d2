//! A pack on disk with its index in memory.
//!
//! gix-pack reads packs through one memory map, whose pages count as this process's memory for as long as it lives: a
//! gigabyte of content would be a gigabyte resident. And it inflates a fetched pack twice before it knows an id. So
//! the pack is indexed here while it arrives (`receive`), and read with plain reads and a small cache of delta
//! bases (`decode`): memory is bounded whatever the pack's size.

mod decode;
mod delta;
mod receive;
mod resolve;

use std::path::PathBuf;

use entities::ObjectId;
use gix::objs::Kind;
use tempfile::TempDir;

pub(super) use decode::Decoder;
pub(super) use receive::{Limits, receive};

/// The base's and the result's size that a delta tells.
#[cfg(feature = "fuzzing")]
pub(super) fn delta_sizes(delta: &[u8]) -> Result<(u64, u64), SourceError> {
    delta::sizes(delta).map(|(base, result, _)| (base, result))
}

#[cfg(feature = "fuzzing")]
pub(super) use delta::apply as apply_delta;

use crate::{SourceError, object::MAX_META_BYTES};

/// The largest object that is rebuilt from a delta or that a delta is of, and the largest delta, in bytes. Git makes no
/// deltas of files above 512 MiB by default.
const MAX_DELTA_OBJECT_BYTES: u64 = 512 << 20;

/// How many times the bytes that a pack may come to are made at most while its objects are rebuilt: a long chain of
/// deltas of large objects makes the same bytes again for each of its links.
const REBUILD_FACTOR: u64 = 8;

/// Stands for "no base" in an [`Entry`].
const NO_BASE: u32 = u32::MAX;

/// One object of a pack.
#[derive(Clone, Debug)]
struct Entry {
    /// The object's id; all zero until it is known.
    id: ObjectId,
    /// Where the entry starts in the pack.
    start: u64,
    /// Where its compressed bytes start.
    data: u64,
    /// The object's size, in bytes, deltas resolved.
    size: u64,
    /// The index of the entry that this one is a delta of, or [`NO_BASE`].
    base: u32,
    /// The object's kind, deltas resolved; unknown until the base is found.
    kind: Option<Kind>,
    /// Whether another entry is a delta of this one.
    is_base: bool,
}

/// A pack in a folder of its own, which goes away with it.
pub(super) struct Pack {
    /// Holds the folder until the pack is dropped.
    _folder: TempDir,
    path: PathBuf,
    /// In the pack's order.
    entries: Vec<Entry>,
    /// Indices of `entries`, sorted by id.
    by_id: Vec<u32>,
    /// Where the last entry ends.
    end: u64,
    /// The most bytes that a reader makes.
    max_made: u64,
}

impl Pack {
    /// The place of an object in the pack's order, if the pack has it.
    pub(super) fn find(&self, id: ObjectId) -> Option<usize> {
        let found = self.by_id.binary_search_by_key(&id, |index| self.entries[*index as usize].id).ok()?;
        Some(self.by_id[found] as usize)
    }

    /// The kind and size of the object at a place that [`Pack::find`] gave.
    pub(super) fn kind_and_size(&self, index: usize) -> (Option<Kind>, u64) {
        let entry = &self.entries[index];
        (entry.kind, entry.size)
    }

    /// How many objects the pack has.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where the compressed bytes of an entry start and end.
    fn range(&self, index: usize) -> (u64, u64) {
        let end = self.entries.get(index + 1).map_or(self.end, |next| next.start);
        (self.entries[index].data, end)
    }

    fn sort_ids(&mut self) {
        let mut by_id: Vec<u32> = (0..self.entries.len() as u32).collect();
        by_id.sort_unstable_by_key(|index| self.entries[*index as usize].id);
        self.by_id = by_id;
    }
}

/// Refuses a commit, tree or tag that is too large to be read.
fn check_meta(kind: Kind, size: u64) -> Result<(), SourceError> {
    if kind != Kind::Blob && size > MAX_META_BYTES {
        return Err(SourceError::too_large(format!("a {kind} in the pack"), MAX_META_BYTES));
    }
    Ok(())
}

/// Refuses an object that is too large to be rebuilt from a delta, or to have deltas of it applied.
fn check_delta(size: u64) -> Result<(), SourceError> {
    if size > MAX_DELTA_OBJECT_BYTES {
        return Err(SourceError::too_large(
            "an object that the pack holds as a delta",
            MAX_DELTA_OBJECT_BYTES,
        ));
    }
    Ok(())
}

fn corrupt(what: impl Into<String>) -> SourceError {
    SourceError::Corrupt(what.into())
}
