//! The proof that rows are what a commit shows: git's root tree id, recomputed from nothing but the rows.
//!
//! A sync proves the directories that it touched, each from its own files and directories; those that it did not touch
//! were proved when their rows came. [`verify`] proves a whole state from its files alone, at any time.

use entities::{
    FileMode, ObjectId, PathHash, TenantDb, TenantTx,
    temporal::{Children, Draft, StateAt},
};
use futures::TryStreamExt;
use gix::objs::Kind;
use source::object::{self, TreeEntry, base_name};

use crate::error::SyncError;

/// Directories proved in one query.
const DIRECTORIES_AT_ONCE: u64 = 200;

/// The tree entries that rows stand for, unsorted.
pub(crate) fn entries(children: &Children) -> Vec<TreeEntry> {
    let files = children.files.iter().filter_map(|row| {
        Some(TreeEntry { mode: row.mode, name: base_name(&row.path).to_vec(), id: row.object_id()? })
    });
    let trees = children.trees.iter().map(|row| TreeEntry {
        mode: FileMode::DIRECTORY,
        name: base_name(&row.path).to_vec(),
        id: row.tree_id,
    });
    files.chain(trees).collect()
}

/// Proves a draft: each directory that it brings is what its rows make, and the root is `expected`.
pub async fn prove_draft(db: &TenantTx, draft: Draft, expected: ObjectId) -> Result<(), SyncError> {
    let state = draft.state();
    let mut after = 0;
    loop {
        let trees = draft.drafted_trees(db, after, DIRECTORIES_AT_ONCE).await?;
        let Some(last) = trees.last() else { break };
        after = last.id;
        let is_last = (trees.len() as u64) < DIRECTORIES_AT_ONCE;
        let hashes: Vec<PathHash> = trees.iter().map(|tree| tree.path_hash).collect();
        let mut children = state.children_of(db, &hashes).await?;
        for tree in &trees {
            let children = children.remove(&tree.path_hash).unwrap_or_default();
            let found = object::tree_id(&mut entries(&children));
            compare(&tree.path, tree.tree_id, found)?;
        }
        if is_last {
            break;
        }
    }
    let root = state.root(db).await?.map_or(ObjectId::EMPTY_TREE, |root| root.tree_id);
    compare(b"", expected, root)
}

fn compare(path: &[u8], expected: ObjectId, found: ObjectId) -> Result<(), SyncError> {
    if expected == found {
        return Ok(());
    }
    let path = match path {
        b"" => "the root".to_owned(),
        path => String::from_utf8_lossy(path).into_owned(),
    };
    Err(SyncError::Proof { path, expected, found })
}

/// What a verification went over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// Files.
    pub files: u64,
    /// Directories, the root among them.
    pub directories: u64,
    /// The root tree that the rows make.
    pub tree: Option<ObjectId>,
}

/// Recomputes the whole tree of a state from its rows and compares it, and every directory's row, with what it should
/// be. Memory grows with the depth and width of directories, not with their number.
///
/// # Errors
/// [`SyncError::Proof`] names the first directory that differs.
pub async fn verify(db: &TenantDb, state: StateAt, expected: ObjectId) -> Result<Verified, SyncError> {
    let transaction = db.begin_snapshot().await?;
    let root = state.root(&transaction).await?.map_or(ObjectId::EMPTY_TREE, |root| root.tree_id);
    let mut rows = std::pin::pin!(state.stream_walk(&transaction).await?);
    let mut verified = Verified { directories: 1, ..Verified::default() };
    let mut open = vec![OpenTree { path: Vec::new(), expected: root, bytes: Vec::new() }];
    while let Some(row) = rows.try_next().await? {
        close_until(&mut open, &row.path)?;
        if row.mode.is_directory() {
            verified.directories += 1;
            open.push(OpenTree { path: row.path, expected: row.object_id, bytes: Vec::new() });
        } else {
            verified.files += 1;
            let Some(parent) = open.last_mut() else { return Err(SyncError::Internal("no open directory")) };
            object::encode_entry(&mut parent.bytes, row.mode, base_name(&row.path), row.object_id);
        }
    }
    while open.len() > 1 {
        close(&mut open)?;
    }
    let found = open.first().map_or(ObjectId::EMPTY_TREE, OpenTree::id);
    compare(b"", root, found)?;
    compare(b"", expected, found)?;
    verified.tree = Some(found);
    Ok(verified)
}

/// A directory whose entries are still coming.
struct OpenTree {
    path: Vec<u8>,
    expected: ObjectId,
    bytes: Vec<u8>,
}

impl OpenTree {
    fn id(&self) -> ObjectId {
        object::object_id(Kind::Tree, &self.bytes)
    }

    /// Whether a path stands directly in this directory.
    fn holds(&self, path: &[u8]) -> bool {
        let parent = path.iter().rposition(|byte| *byte == b'/').map_or(&path[..0], |slash| &path[..slash]);
        parent == self.path
    }
}

/// Closes directories until the one that holds `path` is innermost. A path whose directory has no row proves that rows
/// are missing.
fn close_until(open: &mut Vec<OpenTree>, path: &[u8]) -> Result<(), SyncError> {
    while open.last().is_some_and(|innermost| !innermost.holds(path)) {
        if open.len() == 1 {
            return Err(SyncError::Proof {
                path: format!("the directory of {}", String::from_utf8_lossy(path)),
                expected: ObjectId::EMPTY_TREE,
                found: ObjectId([0; 20]),
            });
        }
        close(open)?;
    }
    Ok(())
}

/// Closes the innermost directory: its entries must make its tree, and it becomes an entry of the one around it.
fn close(open: &mut Vec<OpenTree>) -> Result<(), SyncError> {
    let (Some(tree), Some(parent)) = (open.pop(), open.last_mut()) else {
        return Err(SyncError::Internal("the root was closed twice"));
    };
    let id = tree.id();
    compare(&tree.path, tree.expected, id)?;
    object::encode_entry(&mut parent.bytes, FileMode::DIRECTORY, base_name(&tree.path), id);
    Ok(())
}
