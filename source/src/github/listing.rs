//! A flat listing, regrouped into the trees it came from and proven against their ids.
//!
//! Each directory's entries are encoded as git would and hashed; only a directory whose hash is the id that its parent
//! lists for it (or the id that was asked for) is kept. A cut, silently cut, or lossily encoded listing so proves
//! exactly those directories that came over whole.

use std::collections::HashMap;

use entities::{FileMode, ObjectId};

use super::answers::TreeItem;
use crate::object::{TreeEntry, tree_id};

/// The trees that a listing proved, and the sizes of the blobs in it.
#[derive(Default)]
pub(super) struct Regrouped {
    pub(super) trees: HashMap<ObjectId, Vec<TreeEntry>>,
    pub(super) sizes: HashMap<ObjectId, u64>,
    /// Whether a name held the character that stands for undecodable bytes.
    pub(super) lossy: bool,
}

/// Regroups the listing of the tree `root`.
pub(super) fn regroup(root: ObjectId, items: &[TreeItem<'_>]) -> Regrouped {
    let mut regrouped = Regrouped::default();
    let mut ids: HashMap<&str, ObjectId> = HashMap::from([("", root)]);
    let mut directories: HashMap<&str, Vec<TreeEntry>> = HashMap::from([("", Vec::new())]);
    for item in items {
        let path: &str = &item.path;
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let Some(mode) = FileMode::from_octal(item.mode.as_bytes()) else {
            // An entry that cannot be understood keeps its directory from being proven.
            continue;
        };
        regrouped.lossy |= name.contains(char::REPLACEMENT_CHARACTER);
        if mode.is_directory() {
            ids.insert(path, item.sha);
        } else if let Some(size) = item.size {
            regrouped.sizes.insert(item.sha, size);
        }
        let entry = TreeEntry { mode, name: name.as_bytes().to_vec(), id: item.sha };
        directories.entry(directory).or_default().push(entry);
    }
    for (directory, mut entries) in directories {
        if let Some(&id) = ids.get(directory)
            && tree_id(&mut entries) == id
        {
            regrouped.trees.insert(id, entries);
        }
    }
    regrouped
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn id(entries: &mut [TreeEntry]) -> ObjectId {
        tree_id(entries)
    }

    fn entry(mode: u32, name: &str, id: ObjectId) -> TreeEntry {
        TreeEntry { mode: FileMode(mode), name: name.as_bytes().to_vec(), id }
    }

    fn item<'a>(path: &'a str, mode: &'a str, sha: ObjectId) -> TreeItem<'a> {
        TreeItem { path: Cow::Borrowed(path), mode: Cow::Borrowed(mode), sha, size: Some(1) }
    }

    #[test]
    fn only_whole_directories_are_proven() {
        let blob = ObjectId([7; 20]);
        let inner = id(&mut [entry(0o100_644, "x", blob), entry(0o100_664, "y", blob)]);
        let root = id(&mut [entry(0o100_755, "a.b", blob), entry(0o040_000, "a", inner)]);
        let items = [
            item("a.b", "100755", blob),
            item("a", "040000", inner),
            item("a/x", "100644", blob),
            item("a/y", "100664", blob),
        ];
        let all = regroup(root, &items);
        assert_eq!(all.trees.len(), 2);
        assert_eq!(all.trees[&root][0].name, b"a.b");
        let cut = regroup(root, &items[..3]);
        assert!(cut.trees.contains_key(&root) && !cut.trees.contains_key(&inner));
        let other_root = regroup(inner, &items);
        assert!(!other_root.trees.contains_key(&root) && other_root.trees.contains_key(&inner));
        assert!(regroup(root, &[]).trees.is_empty());
        assert!(regroup(ObjectId::EMPTY_TREE, &[]).trees.contains_key(&ObjectId::EMPTY_TREE));
    }
}
