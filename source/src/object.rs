//! Git's tree objects, byte for byte, and the ids of objects.
//!
//! A tree is a sequence of `<octal mode> <name>\0<20-byte id>`, sorted by name, with a directory's name sorted as if it
//! ended in `/` (git's `Documentation/gitformat-pack.txt` and `tree.c: base_name_compare`). Modes are kept as they are
//! spelled, so that encoding what was decoded gives the same bytes and hence the same id.

use std::cmp::Ordering;

use entities::{FileMode, ObjectId};
use gix::objs::Kind;

/// The largest tree or commit that is read, in bytes: a folder with about two million files. Blobs have limits of their
/// own, since they are not read whole to be looked at.
pub const MAX_META_BYTES: u64 = 64 << 20;

/// One entry of a tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TreeEntry {
    /// The mode as the tree spells it.
    pub mode: FileMode,
    /// The name: any bytes but `/` and NUL.
    pub name: Vec<u8>,
    /// The blob, tree or (for a submodule) commit.
    pub id: ObjectId,
}

/// Why bytes are not a tree that can be kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TreeError {
    /// The bytes end within an entry.
    #[error("a tree ends within an entry")]
    Truncated,
    /// A mode that names no kind of entry.
    #[error("a tree entry has a malformed mode")]
    Mode,
    /// A name that is empty or holds a slash.
    #[error("a tree entry has a malformed name")]
    Name,
}

/// Reads a tree object's bytes.
pub fn decode_tree(mut bytes: &[u8]) -> Result<Vec<TreeEntry>, TreeError> {
    let mut entries = Vec::with_capacity(bytes.len() / 40);
    while !bytes.is_empty() {
        let space = position(bytes, b' ').ok_or(TreeError::Truncated)?;
        let mode = FileMode::from_octal(&bytes[..space]).ok_or(TreeError::Mode)?;
        bytes = &bytes[space + 1..];
        let end = position(bytes, 0).ok_or(TreeError::Truncated)?;
        let name = &bytes[..end];
        if name.is_empty() || name.contains(&b'/') {
            return Err(TreeError::Name);
        }
        let id = bytes
            .get(end + 1..end + 21)
            .and_then(|id| id.try_into().ok())
            .map(ObjectId)
            .ok_or(TreeError::Truncated)?;
        entries.push(TreeEntry { mode, name: name.to_vec(), id });
        bytes = &bytes[end + 21..];
    }
    Ok(entries)
}

fn position(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

/// Appends one entry to a tree object's bytes. Entries must come in [`entry_order`].
pub fn encode_entry(tree: &mut Vec<u8>, mode: FileMode, name: &[u8], id: ObjectId) {
    tree.extend_from_slice(format!("{:o} ", mode.0).as_bytes());
    tree.extend_from_slice(name);
    tree.push(0);
    tree.extend_from_slice(&id.0);
}

/// Sorts `entries` as git does and gives the id of the tree they make.
pub fn tree_id(entries: &mut [TreeEntry]) -> ObjectId {
    entries.sort_by(entry_order);
    let mut bytes = Vec::with_capacity(entries.len() * 40);
    for entry in entries {
        encode_entry(&mut bytes, entry.mode, &entry.name, entry.id);
    }
    object_id(Kind::Tree, &bytes)
}

/// Git's order of entries within a tree.
pub fn entry_order(a: &TreeEntry, b: &TreeEntry) -> Ordering {
    let common = a.name.len().min(b.name.len());
    let after = |entry: &TreeEntry| {
        entry.name.get(common).copied().unwrap_or(if entry.mode.is_directory() { b'/' } else { 0 })
    };
    a.name[..common].cmp(&b.name[..common]).then_with(|| after(a).cmp(&after(b)))
}

/// The id of an object of `kind` with these bytes.
pub fn object_id(kind: Kind, bytes: &[u8]) -> ObjectId {
    // The hasher detects SHA-1 collision attacks and fails on them; such bytes get an id nothing is stored under.
    gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes)
        .ok()
        .and_then(|id| id.as_bytes().try_into().ok())
        .map_or(ObjectId([0; 20]), ObjectId)
}

/// The id of a blob with these bytes.
pub fn blob_id(bytes: &[u8]) -> ObjectId {
    object_id(Kind::Blob, bytes)
}

/// The part of a path after its last slash.
pub fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}
