//! Random histories for property tests: a list of steps that shrinks to a small one.
//!
//! Steps name files and directories by numbers that are taken modulo what is there, so any list of steps is a valid
//! history, also after steps were left out of it.

use std::{collections::BTreeMap, sync::Arc};

use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK, TestRepo,
    import::Parent,
    model::{Node, NodeContent, Tree},
};

/// A history: what is done to a repository without commits, in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History(pub Vec<Step>);

/// One step of a history.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// A commit on the current branch. Without changes, or with changes that change nothing, its tree is its parent's.
    Commit(Vec<Change>),
    /// Makes a branch at the current commit, or moves the one there, and switches to it.
    Branch(u8),
    /// Switches to another branch that exists.
    Switch(u8),
    /// Goes back some commits on the current branch, then commits there: what a force-push brings.
    ForcePush(u8, Vec<Change>),
}

/// One change in a commit. Files and directories are numbered in the order of their paths.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A file at a path; what is in its way goes.
    Add(Vec<u8>, FileContent),
    /// Other bytes in a file; its mode stays.
    Edit(u16, FileContent),
    /// A file is gone.
    Delete(u16),
    /// A directory is gone.
    DeleteDirectory(u16),
    /// A file is at another path.
    Rename(u16, Vec<u8>),
    /// A directory with all its files is at another path.
    RenameDirectory(u16, Vec<u8>),
    /// A directory's files are at a second path too.
    CopyDirectory(u16, Vec<u8>),
    /// A file's executable bit is turned.
    Chmod(u16),
    /// A file becomes a directory that holds it under this name.
    FileToDirectory(u16, Vec<u8>),
    /// A directory becomes a file.
    DirectoryToFile(u16, FileContent),
    /// A symbolic link at a path.
    Symlink(Vec<u8>, Vec<u8>),
    /// A submodule at a path, at a commit made of this number.
    Submodule(Vec<u8>, u8),
}

/// What a file holds. Few different ones, so that the same bytes turn up at many paths and come back later.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FileContent {
    /// No bytes.
    Empty,
    /// Lines of text, one of which has this number.
    Text(u8),
    /// A document of four sections, one of which (number modulo four) differs by the number.
    Document(u8),
    /// A document whose lines end in CR LF.
    Windows(u8),
    /// Text in Latin-1.
    Latin1(u8),
    /// Bytes with NULs.
    Binary(u8),
}

/// Where a branch stands after a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CommitOnBranch {
    /// The branch's name.
    pub branch: String,
    /// The commit's id in hexadecimal.
    pub commit: String,
}

/// The branches besides the first one.
const BRANCHES: [&str; 3] = ["feature/x", "ünïcode", "release-1.0"];

/// The names that directories mostly have: few, so that many files meet in them.
const DIRECTORY_NAMES: &[&[u8]] =
    &[b"a", b"A", b"b", b"docs", b"src", b".memory", b"a.b", b"sp ace", b"new\nline", "é".as_bytes()];

/// The names that files mostly have, nasty ones among them.
const FILE_NAMES: &[&[u8]] = &[
    b"letter_01.md",
    b"letter_20250704_0001.md",
    b"README.md",
    b"readme.md",
    b"guide.adoc",
    b"index.rst",
    b"AGENTS.md",
    b"main.rs",
    b"a-",
    b"a0",
    b"q\"uo\\te",
    b"tab\t",
    b"\xff\xfe.md",
    b"e\xcc\x81",
];

/// The most directories that a drawn path goes through.
const MAX_DEPTH: usize = 3;

/// The most changes in one commit.
const MAX_CHANGES: usize = 6;

impl History {
    /// Histories of one to `max_steps` steps. They shrink to fewer steps, fewer changes and smaller numbers.
    pub fn strategy(max_steps: usize) -> impl Strategy<Value = Self> {
        vec(step(), 1..=max_steps).prop_map(Self)
    }

    /// Makes the history in a repository without commits, by one process, and tells where each step left its branch.
    ///
    /// Steps before the first commit that need one do nothing and are not told. Commits that a force-push left behind
    /// stay in the repository: [`TestRepo::force`] goes back to any of them. HEAD stays on the first branch.
    pub fn apply(&self, repo: &TestRepo) -> Vec<CommitOnBranch> {
        let mut writer = Writer::new(repo.current_branch());
        self.0.iter().for_each(|step| writer.step(step));
        let ids = repo.import(|stream| {
            for planned in &writer.planned {
                match planned {
                    Planned::Commit { branch, parent, changes } => {
                        let parent = parent.map(Parent::Mark);
                        stream.commit(branch, parent.as_ref(), "A step", repo.tick())?;
                        changes.iter().try_for_each(|change| stream.change(change))?;
                    }
                    Planned::Reset { branch, to } => stream.reset(branch, &Parent::Mark(*to))?,
                }
            }
            Ok(())
        });
        let told = writer.told.into_iter();
        told.map(|(branch, mark)| CommitOnBranch { branch, commit: ids[mark as usize - 1].clone() }).collect()
    }
}

/// What is written to git.
enum Planned {
    Commit { branch: String, parent: Option<u64>, changes: Vec<super::import::Change> },
    Reset { branch: String, to: u64 },
}

/// Turns steps into commits. Commits are numbered from 1, which is also their mark in the stream.
struct Writer {
    /// The parent and the tree of each commit; number 0 stands for "none yet".
    commits: Vec<(u64, Tree)>,
    heads: BTreeMap<String, u64>,
    current: String,
    planned: Vec<Planned>,
    told: Vec<(String, u64)>,
}

impl Writer {
    fn new(current: String) -> Self {
        let commits = vec![(0, Tree::default())];
        Self { commits, heads: BTreeMap::new(), current, planned: Vec::new(), told: Vec::new() }
    }

    fn step(&mut self, step: &Step) {
        let head = self.heads.get(&self.current).copied().unwrap_or_default();
        match step {
            Step::Commit(changes) => self.commit(head, changes),
            _ if head == 0 => {}
            Step::Branch(number) => {
                self.current = BRANCHES[usize::from(*number) % BRANCHES.len()].to_owned();
                self.planned.push(Planned::Reset { branch: self.current.clone(), to: head });
                self.stand_at(head);
            }
            Step::Switch(number) => {
                let at = usize::from(*number) % self.heads.len();
                let Some((branch, head)) = self.heads.iter().nth(at).map(|(b, h)| (b.clone(), *h)) else {
                    return;
                };
                self.current = branch;
                self.stand_at(head);
            }
            Step::ForcePush(back, changes) => {
                let mut base = head;
                for _ in 0..*back {
                    base = self.commits[base as usize].0;
                }
                self.commit(base, changes);
            }
        }
    }

    fn commit(&mut self, parent: u64, changes: &[Change]) {
        let old = &self.commits[parent as usize].1;
        let mut tree = old.clone();
        changes.iter().for_each(|change| change.apply(&mut tree));
        let changes = tree.changes_since(old);
        let branch = self.current.clone();
        self.planned.push(Planned::Commit { branch, parent: (parent > 0).then_some(parent), changes });
        self.commits.push((parent, tree));
        self.stand_at(self.commits.len() as u64 - 1);
    }

    fn stand_at(&mut self, commit: u64) {
        self.heads.insert(self.current.clone(), commit);
        self.told.push((self.current.clone(), commit));
    }
}

impl Change {
    fn apply(&self, tree: &mut Tree) {
        match self {
            Self::Add(path, content) => tree.put(path, content.node(MODE_FILE)),
            Self::Edit(file, content) => {
                if let Some((path, node)) = tree.file(*file) {
                    let mode = if node.mode == MODE_EXECUTABLE { MODE_EXECUTABLE } else { MODE_FILE };
                    tree.put(&path, content.node(mode));
                }
            }
            Self::Delete(file) => {
                let path = tree.file(*file).map(|(path, _)| path);
                path.map(|path| tree.remove(&path));
            }
            Self::DeleteDirectory(directory) => {
                tree.directory(*directory).map(|path| tree.remove(&path));
            }
            Self::Rename(file, to) => {
                if let Some((path, node)) = tree.file(*file) {
                    tree.remove(&path);
                    tree.put(to, node);
                }
            }
            Self::RenameDirectory(directory, to) => {
                if let Some(from) = tree.directory(*directory) {
                    let files = tree.remove(&from);
                    put_all(tree, &from, to, files);
                }
            }
            Self::CopyDirectory(directory, to) => {
                if let Some(from) = tree.directory(*directory) {
                    let files = tree.below(&from);
                    put_all(tree, &from, to, files);
                }
            }
            Self::Chmod(file) => match tree.file(*file) {
                Some((path, node)) if node.mode == MODE_FILE => {
                    tree.put(&path, Node { mode: MODE_EXECUTABLE, ..node });
                }
                Some((path, node)) if node.mode == MODE_EXECUTABLE => {
                    tree.put(&path, Node { mode: MODE_FILE, ..node });
                }
                _ => {}
            },
            Self::FileToDirectory(file, name) => {
                if let Some((path, node)) = tree.file(*file) {
                    tree.put(&[&path, b"/".as_slice(), name].concat(), node);
                }
            }
            Self::DirectoryToFile(directory, content) => {
                if let Some(path) = tree.directory(*directory) {
                    tree.put(&path, content.node(MODE_FILE));
                }
            }
            Self::Symlink(path, target) => {
                let content = NodeContent::Bytes(target.as_slice().into());
                tree.put(path, Node { mode: MODE_SYMLINK, content });
            }
            Self::Submodule(path, number) => {
                let content = NodeContent::Commit(format!("{:040x}", u64::from(*number) + 1));
                tree.put(path, Node { mode: MODE_SUBMODULE, content });
            }
        }
    }
}

/// Puts files that were below `from` at the same places below `to`, as deep as paths are allowed to grow.
fn put_all(tree: &mut Tree, from: &[u8], to: &[u8], files: Vec<(Vec<u8>, Node)>) {
    /// Copying a directory into itself again and again must not make paths that nothing can hold, in bytes.
    const MAX_PATH_BYTES: usize = 1_000;
    for (path, node) in files {
        let path = [to, &path[from.len()..]].concat();
        if path.len() <= MAX_PATH_BYTES {
            tree.put(&path, node);
        }
    }
}

impl FileContent {
    fn node(self, mode: u32) -> Node {
        Node { mode, content: NodeContent::Bytes(Arc::from(self.bytes())) }
    }

    /// The bytes.
    pub fn bytes(self) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Text(number) => format!("first line\nline {number}\nlast line\n").into_bytes(),
            Self::Document(number) => document(number, "\n"),
            Self::Windows(number) => document(number, "\r\n"),
            Self::Latin1(number) => {
                [b"# Caf\xe9\n\nNa\xefve ".as_slice(), &[b'0' + number % 10], b"\n"].concat()
            }
            Self::Binary(number) => vec![0, number, 0xff, 0, b'\n', number],
        }
    }
}

fn document(number: u8, line_end: &str) -> Vec<u8> {
    let mut lines = vec!["# Document".to_owned(), String::new()];
    for section in 0..4 {
        let version = if number % 4 == section { number } else { 0 };
        lines.extend([
            format!("## Section {section}"),
            String::new(),
            format!("Version {version}."),
            String::new(),
        ]);
    }
    lines.join(line_end).into_bytes()
}

fn step() -> impl Strategy<Value = Step> {
    let changes = || vec(change(), 0..=MAX_CHANGES);
    prop_oneof![
        10 => changes().prop_map(Step::Commit),
        1 => any::<u8>().prop_map(Step::Branch),
        2 => any::<u8>().prop_map(Step::Switch),
        2 => (0..6_u8, changes()).prop_map(|(back, changes)| Step::ForcePush(back, changes)),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let number = any::<u16>;
    prop_oneof![
        16 => (path(), content()).prop_map(|(path, content)| Change::Add(path, content)),
        4 => (number(), content()).prop_map(|(file, content)| Change::Edit(file, content)),
        2 => number().prop_map(Change::Delete),
        1 => number().prop_map(Change::DeleteDirectory),
        3 => (number(), path()).prop_map(|(file, to)| Change::Rename(file, to)),
        2 => (number(), directory_path()).prop_map(|(directory, to)| Change::RenameDirectory(directory, to)),
        2 => (number(), directory_path()).prop_map(|(directory, to)| Change::CopyDirectory(directory, to)),
        2 => number().prop_map(Change::Chmod),
        2 => (number(), name()).prop_map(|(file, name)| Change::FileToDirectory(file, name)),
        1 => (number(), content()).prop_map(|(directory, content)| Change::DirectoryToFile(directory, content)),
        1 => (path(), path()).prop_map(|(path, target)| Change::Symlink(path, target)),
        1 => (path(), any::<u8>()).prop_map(|(path, number)| Change::Submodule(path, number)),
    ]
}

fn content() -> impl Strategy<Value = FileContent> {
    prop_oneof![
        1 => Just(FileContent::Empty),
        3 => (0..8_u8).prop_map(FileContent::Text),
        4 => (0..16_u8).prop_map(FileContent::Document),
        1 => (0..4_u8).prop_map(FileContent::Windows),
        1 => (0..4_u8).prop_map(FileContent::Latin1),
        1 => (0..4_u8).prop_map(FileContent::Binary),
    ]
}

/// A file's name, now and then a directory's: that makes files and directories collide.
fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![12 => select(FILE_NAMES), 1 => select(DIRECTORY_NAMES)].prop_map(<[u8]>::to_vec)
}

/// A directory's name, now and then a file's.
fn directory_name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![12 => select(DIRECTORY_NAMES), 1 => select(FILE_NAMES)].prop_map(<[u8]>::to_vec)
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    (vec(directory_name(), 0..=MAX_DEPTH), name()).prop_map(|(mut names, last)| {
        names.push(last);
        names.join(&b'/')
    })
}

/// Where a directory may go: not deep, so that what is below it still has room.
fn directory_path() -> impl Strategy<Value = Vec<u8>> {
    vec(directory_name(), 1..=2).prop_map(|names| names.join(&b'/'))
}
