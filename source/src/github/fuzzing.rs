//! What must hold for any bytes that GitHub, or who plays it, gives. For the fuzzer only; all of it panics where
//! something does not hold.

use entities::ObjectId;
use tokio::sync::mpsc;

use super::{
    answers::{BranchAnswer, BranchItem, GitCommitAnswer, RepositoryAnswer, TreeAnswer},
    archive::{Bounds, Remaining, unpack},
    listing::regroup,
};
use crate::{
    MAX_SUMMARY_CHARS, WantedBlob,
    object::{blob_id, tree_id},
};

/// What an archive may come to here, in bytes.
const MAX_UNPACKED: u64 = 4 << 20;

/// The file that is looked for in archives.
const WANTED: &[u8] = b"hello\n";

/// An archive, compressed or, for the fuzzer to see through it, not. Only what is wanted comes out, at most once.
pub fn archive(bytes: &[u8]) {
    let wanted = WantedBlob { id: blob_id(WANTED), size: WANTED.len() as u64 };
    let bounds = Bounds { max_bytes: 1 << 20, max_unpacked_bytes: MAX_UNPACKED, max_entries: 1_000 };
    let mut compressed = Vec::new();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        let mut encoder = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        // Reading from memory does not fail.
        let _ = std::io::Read::read_to_end(&mut encoder, &mut compressed);
    }
    let archive = if compressed.is_empty() { bytes } else { &compressed };
    let remaining = Remaining::new(&[wanted]);
    let (sender, mut found) = mpsc::channel(2);
    let unpacked = unpack(archive, bounds, &remaining, &sender);
    drop(sender);
    let found: Vec<_> = std::iter::from_fn(|| found.blocking_recv()).collect();
    assert!(found.len() <= 1);
    assert_eq!(found.len() + remaining.take().len(), 1, "{unpacked:?}");
    assert!(found.iter().all(|blob| blob.id == wanted.id && &blob.data[..] == WANTED));
}

/// An answer. Of a listing only those trees are taken whose entries have the id under which they are taken.
pub fn github(bytes: &[u8]) {
    let _ = serde_json::from_slice::<RepositoryAnswer>(bytes);
    let _ = serde_json::from_slice::<Vec<BranchItem>>(bytes);
    if let Ok(branch) = serde_json::from_slice::<BranchAnswer>(bytes) {
        let info = branch.commit.info();
        assert_eq!(info.id, branch.commit.sha);
        assert!(info.summary.chars().count() <= MAX_SUMMARY_CHARS);
    }
    if let Ok(commit) = serde_json::from_slice::<GitCommitAnswer>(bytes) {
        assert!(commit.info().summary.chars().count() <= MAX_SUMMARY_CHARS);
    }
    if let Ok(tree) = serde_json::from_slice::<TreeAnswer<'_>>(bytes) {
        let root = tree.tree.first().map_or(ObjectId::EMPTY_TREE, |item| item.sha);
        let mut entries = 0;
        for (id, mut found) in regroup(root, &tree.tree).trees {
            entries += found.len();
            assert_eq!(tree_id(&mut found), id);
        }
        assert!(entries <= tree.tree.len());
    }
}
