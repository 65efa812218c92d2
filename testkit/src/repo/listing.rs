//! What git itself says is in a commit: the truth that rows are compared with.

use super::TestRepo;

/// What kind of object a tree entry names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LsTreeKind {
    /// A file or symbolic link.
    Blob,
    /// A directory.
    Tree,
    /// A submodule.
    Commit,
}

/// One line of `git ls-tree`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LsTreeEntry {
    /// The full path from the root, as bytes.
    pub path: Vec<u8>,
    /// The mode (`0o100644` and the like). Git tells the exact spelling only for trees' raw bytes: see `raw_tree`.
    pub mode: u32,
    /// What the id names.
    pub kind: LsTreeKind,
    /// The object's id in hexadecimal.
    pub oid: String,
    /// The size in bytes; blobs only.
    pub size: Option<u64>,
}

impl TestRepo {
    /// Every file, link and submodule of a commit (or other tree-ish), in git's order.
    pub fn ls_tree(&self, commit: &str) -> Vec<LsTreeEntry> {
        parse(&self.git(&["ls-tree", "-r", "-z", "-l", "--full-tree", commit]))
    }

    /// Every directory of a commit, in git's order, without the root. Also those without any file below them.
    pub fn ls_directories(&self, commit: &str) -> Vec<LsTreeEntry> {
        parse(&self.git(&["ls-tree", "-r", "-d", "-z", "-l", "--full-tree", commit]))
            .into_iter()
            .filter(|entry| entry.kind == LsTreeKind::Tree)
            .collect()
    }

    /// The id of a commit's root tree.
    pub fn root_tree(&self, commit: &str) -> String {
        self.resolve(&format!("{commit}^{{tree}}"))
    }

    /// A tree object's bytes as they are stored.
    pub fn raw_tree(&self, tree: &str) -> Vec<u8> {
        self.git(&["cat-file", "tree", tree])
    }

    /// A blob's bytes.
    pub fn blob(&self, oid: &str) -> Vec<u8> {
        self.git(&["cat-file", "blob", oid])
    }
}

fn parse(output: &[u8]) -> Vec<LsTreeEntry> {
    output.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(entry).collect()
}

/// `<mode> SP <type> SP <id> SP+ <size or -> TAB <path>`
fn entry(line: &[u8]) -> LsTreeEntry {
    let fail = || -> ! { panic!("git ls-tree wrote {:?}", String::from_utf8_lossy(line)) };
    let tab = line.iter().position(|byte| *byte == b'\t').unwrap_or_else(|| fail());
    let meta = std::str::from_utf8(&line[..tab]).unwrap_or_else(|_| fail());
    let mut words = meta.split_ascii_whitespace();
    let mut word = || words.next().unwrap_or_else(|| fail());
    let mode = u32::from_str_radix(word(), 8).unwrap_or_else(|_| fail());
    let kind = match word() {
        "blob" => LsTreeKind::Blob,
        "tree" => LsTreeKind::Tree,
        "commit" => LsTreeKind::Commit,
        _ => fail(),
    };
    let oid = word().to_owned();
    let size = word().parse().ok();
    LsTreeEntry { path: line[tab + 1..].to_vec(), mode, kind, oid, size }
}
