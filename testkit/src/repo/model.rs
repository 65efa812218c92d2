//! What a commit's tree holds, kept in memory: random histories are decided on it and written from it.

use std::{collections::BTreeMap, sync::Arc};

use super::import::{Change, Content};

/// What a path holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Node {
    pub(super) mode: u32,
    pub(super) content: NodeContent,
}

/// Bytes, or the commit of a submodule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NodeContent {
    Bytes(Arc<[u8]>),
    Commit(String),
}

/// The files of a tree by path. No path is a directory of another.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Tree(BTreeMap<Vec<u8>, Node>);

impl Tree {
    /// Puts a node at a path. Whatever is in the way goes: files where directories must be, and what was below it.
    pub(super) fn put(&mut self, path: &[u8], node: Node) {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
        for end in ends {
            self.0.remove(&path[..end]);
        }
        self.remove(path);
        self.0.insert(path.to_vec(), node);
    }

    /// Removes a file or a directory, and gives what was there, by path.
    pub(super) fn remove(&mut self, path: &[u8]) -> Vec<(Vec<u8>, Node)> {
        let taken = self.below(path);
        for (path, _) in &taken {
            self.0.remove(path);
        }
        taken
    }

    /// The file at a path, or everything below it.
    pub(super) fn below(&self, path: &[u8]) -> Vec<(Vec<u8>, Node)> {
        let prefix = [path, b"/"].concat();
        let inside = |other: &[u8]| other == path || other.starts_with(&prefix);
        self.0
            .range(path.to_vec()..)
            .take_while(|(other, _)| other.starts_with(path))
            .filter(|(other, _)| inside(other))
            .map(|(path, node)| (path.clone(), node.clone()))
            .collect()
    }

    /// A file chosen by a number, if there is one: the same number gives the same file for the same tree.
    pub(super) fn file(&self, choice: u16) -> Option<(Vec<u8>, Node)> {
        let index = usize::from(choice).checked_rem(self.0.len())?;
        self.0.iter().nth(index).map(|(path, node)| (path.clone(), node.clone()))
    }

    /// A directory (not the root) chosen by a number, if there is one.
    pub(super) fn directory(&self, choice: u16) -> Option<Vec<u8>> {
        let mut directories: Vec<&[u8]> = self
            .0
            .keys()
            .flat_map(|path| (0..path.len()).filter(|at| path[*at] == b'/').map(|at| &path[..at]))
            .collect();
        directories.sort_unstable();
        directories.dedup();
        let index = usize::from(choice).checked_rem(directories.len())?;
        Some(directories[index].to_vec())
    }

    /// What turns `old` into this tree: removals first, so that files can become directories and back.
    pub(super) fn changes_since(&self, old: &Tree) -> Vec<Change> {
        let gone = old.0.keys().filter(|path| !self.0.contains_key(*path));
        let put = self.0.iter().filter(|(path, node)| old.0.get(*path) != Some(node));
        gone.map(|path| Change::Remove(path.clone()))
            .chain(put.map(|(path, node)| {
                let content = match &node.content {
                    NodeContent::Bytes(bytes) => Content::Bytes(bytes.to_vec()),
                    NodeContent::Commit(id) => Content::Object(id.clone()),
                };
                Change::Put(path.clone(), node.mode, content)
            }))
            .collect()
    }
}
