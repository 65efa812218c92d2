//! Real repositories, made with the real `git`.
//!
//! A [`TestRepo`] collects changes and commits them by one `git fast-import`: nothing goes through a work tree, so every
//! path that a tree can hold can be made, and a commit costs a few milliseconds. Ids are the same in every run: author
//! and times are fixed, and the repository's clock ticks a minute a commit.
//!
//! [`EdgeCases`] makes one commit of everything nasty, [`History`] random histories, [`large_repository`] big ones.

mod edge_cases;
mod git;
mod history;
mod import;
mod large;
mod listing;
mod model;

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use tempfile::TempDir;

pub use edge_cases::EdgeCases;
pub use git::{AUTHOR_EMAIL, AUTHOR_NAME, FIRST_COMMIT_TIME, git_command};
pub use history::{Change as HistoryChange, CommitOnBranch, FileContent, History, Step};
pub use large::{change_files, large_repository};
pub use listing::{LsTreeEntry, LsTreeKind};

use import::{Change, Content, ImportStream, Parent};

/// A plain file's mode.
pub const MODE_FILE: u32 = 0o100_644;
/// An executable file's mode.
pub const MODE_EXECUTABLE: u32 = 0o100_755;
/// A symbolic link's mode.
pub const MODE_SYMLINK: u32 = 0o120_000;
/// A submodule's mode.
pub const MODE_SUBMODULE: u32 = 0o160_000;
/// A directory's mode.
pub const MODE_DIRECTORY: u32 = 0o040_000;

/// Seconds between two commits of one repository.
const TICK_SECONDS: u64 = 60;

/// A repository of a test's own; removed when dropped.
///
/// Changes wait until [`TestRepo::commit`]. Every method panics if git refuses.
pub struct TestRepo {
    path: PathBuf,
    git_dir: PathBuf,
    pending: Mutex<Vec<Change>>,
    commits: AtomicU64,
    _folder: Option<TempDir>,
}

impl TestRepo {
    /// An empty repository with a work tree, on branch `main`. The work tree stays empty until [`Self::populate`].
    #[expect(clippy::new_without_default, reason = "it starts a process and writes files")]
    pub fn new() -> Self {
        Self::temporary(false, "sha1")
    }

    /// An empty bare repository, on branch `main`.
    pub fn bare() -> Self {
        Self::temporary(true, "sha1")
    }

    /// An empty bare repository whose object ids are SHA-256.
    pub fn sha256() -> Self {
        Self::temporary(true, "sha256")
    }

    /// An empty bare repository at `path`, which is kept. The folder is made if it is missing.
    pub fn bare_at(path: &Path) -> Self {
        fs::create_dir_all(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        git::init(path, true, "sha1");
        Self::open(path, None)
    }

    /// A repository that exists, bare or not, which is kept. Its commits go on with the time of the last one.
    pub fn existing(path: &Path) -> Self {
        let repo = Self::open(path, None);
        let count = repo.text(&["rev-list", "--all", "--count"]);
        repo.commits.store(count.parse().unwrap_or_default(), Ordering::Relaxed);
        repo
    }

    fn temporary(bare: bool, format: &str) -> Self {
        let folder = TempDir::with_prefix("project-sync-repo-")
            .unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        git::init(folder.path(), bare, format);
        // Links in the way to the folder would make paths that git tells differ from ours.
        let path = folder.path().canonicalize().unwrap_or_else(|_| folder.path().to_owned());
        Self::open(&path, Some(folder))
    }

    fn open(path: &Path, folder: Option<TempDir>) -> Self {
        let inner = path.join(".git");
        Self {
            path: path.to_owned(),
            git_dir: if inner.exists() { inner } else { path.to_owned() },
            pending: Mutex::default(),
            commits: AtomicU64::default(),
            _folder: folder,
        }
    }

    /// Where the repository is: the work tree's folder, or the repository itself if it is bare.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where git keeps its files: the path itself if the repository is bare.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// Runs git in the repository and gives what it wrote.
    pub fn git(&self, arguments: &[&str]) -> Vec<u8> {
        git::finish(git_command(&self.path).args(arguments))
    }

    /// Runs git in the repository and gives its answer as text without the last line break.
    pub fn text(&self, arguments: &[&str]) -> String {
        String::from_utf8_lossy(&self.git(arguments)).trim_end_matches('\n').to_owned()
    }

    /// Puts a plain file at a path.
    pub fn write(&self, path: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> &Self {
        self.put(path.as_ref(), MODE_FILE, Content::Bytes(content.as_ref().to_vec()))
    }

    /// Removes a file or a directory.
    pub fn remove(&self, path: impl AsRef<[u8]>) -> &Self {
        self.pending().push(Change::Remove(path.as_ref().to_vec()));
        self
    }

    /// Moves a file or a directory, which must exist.
    pub fn rename(&self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> &Self {
        self.pending().push(Change::Rename(from.as_ref().to_vec(), to.as_ref().to_vec()));
        self
    }

    /// Makes a file, which must exist, executable or not.
    pub fn chmod(&self, path: impl AsRef<[u8]>, executable: bool) -> &Self {
        let mode = if executable { MODE_EXECUTABLE } else { MODE_FILE };
        let content = self.content_at(path.as_ref());
        self.put(path.as_ref(), mode, content)
    }

    /// Puts a symbolic link at a path. The target need not exist.
    pub fn symlink(&self, path: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> &Self {
        self.put(path.as_ref(), MODE_SYMLINK, Content::Bytes(target.as_ref().to_vec()))
    }

    /// Puts a submodule at a path: the id (hexadecimal) of any commit of another repository.
    pub fn submodule(&self, path: impl AsRef<[u8]>, commit: &str) -> &Self {
        self.put(path.as_ref(), MODE_SUBMODULE, Content::Object(commit.to_owned()))
    }

    /// Puts a whole directory at a path: a tree that the repository holds, kept byte for byte.
    pub fn tree(&self, path: impl AsRef<[u8]>, tree: &str) -> &Self {
        self.put(path.as_ref(), MODE_DIRECTORY, Content::Object(tree.to_owned()))
    }

    /// Commits the changes (perhaps none) on the current branch and gives the commit's id.
    pub fn commit(&self, message: &str) -> String {
        let changes = std::mem::take(&mut *self.pending());
        let branch = self.current_branch();
        let parent = self.find(&format!("refs/heads/{branch}")).map(Parent::Id);
        let time = self.tick();
        let ids = self.import(|stream| {
            stream.commit(&branch, parent.as_ref(), message, time)?;
            changes.iter().try_for_each(|change| stream.change(change))
        });
        ids.into_iter().next().unwrap_or_else(|| panic!("git fast-import made no commit"))
    }

    /// Switches to a branch. One that does not exist begins with the next commit, without a parent.
    pub fn checkout(&self, branch: &str) -> &Self {
        self.git(&["symbolic-ref", "HEAD", &format!("refs/heads/{branch}")]);
        self
    }

    /// Makes a branch at the current commit, without switching to it.
    pub fn branch(&self, name: &str) -> &Self {
        self.force(name, &self.head())
    }

    /// Points a branch at any commit, as a force-push would; makes it if it is not there.
    pub fn force(&self, branch: &str, commit: &str) -> &Self {
        self.git(&["update-ref", &format!("refs/heads/{branch}"), commit]);
        self
    }

    /// Points the current branch at any commit (or other name of one).
    pub fn reset_hard(&self, commit: &str) -> &Self {
        self.force(&self.current_branch(), &self.resolve(commit))
    }

    /// Deletes a branch; its commits stay in the repository.
    pub fn delete_branch(&self, branch: &str) -> &Self {
        self.git(&["update-ref", "-d", &format!("refs/heads/{branch}")]);
        self
    }

    /// Points HEAD at a commit instead of a branch.
    pub fn detach(&self, commit: &str) -> &Self {
        self.git(&["update-ref", "--no-deref", "HEAD", commit]);
        self
    }

    /// Makes the files of the work tree those of the current commit.
    pub fn populate(&self) -> &Self {
        self.git(&["reset", "--quiet", "--hard"]);
        self
    }

    /// The commit at HEAD. Panics if there is none yet.
    pub fn head(&self) -> String {
        self.resolve("HEAD")
    }

    /// The branch that HEAD points at. Panics if HEAD is detached.
    pub fn current_branch(&self) -> String {
        let file = self.git_dir.join("HEAD");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        text.trim_end()
            .strip_prefix("ref: refs/heads/")
            .unwrap_or_else(|| panic!("HEAD is on no branch: {text}"))
            .to_owned()
    }

    /// The id of the object with this name.
    pub fn resolve(&self, name: &str) -> String {
        self.text(&["rev-parse", "--verify", "--quiet", name])
    }

    /// Stores a blob and gives its id.
    pub fn write_blob(&self, content: &[u8]) -> String {
        self.hash_object("blob", content)
    }

    /// Stores a tree with these entries (mode, name, id), sorted by git but kept in the given spelling.
    pub fn write_tree(&self, entries: &[(u32, &[u8], &str)]) -> String {
        let mut input = Vec::new();
        for (mode, name, id) in entries {
            let kind = match *mode {
                MODE_DIRECTORY => "tree",
                MODE_SUBMODULE => "commit",
                _ => "blob",
            };
            input.extend_from_slice(format!("{mode:06o} {kind} {id}\t").as_bytes());
            input.extend_from_slice(name);
            input.push(0);
        }
        let mut command = git_command(&self.path);
        first_line(git::finish_with_input(command.args(["mktree", "-z", "--missing"]), |stdin| {
            stdin.write_all(&input)
        }))
    }

    fn hash_object(&self, kind: &str, content: &[u8]) -> String {
        let mut command = git_command(&self.path);
        command.args(["hash-object", "-w", "--stdin", "-t", kind]);
        first_line(git::finish_with_input(&mut command, |stdin| stdin.write_all(content)))
    }

    fn find(&self, name: &str) -> Option<String> {
        let output = git_command(&self.path)
            .args(["rev-parse", "--verify", "--quiet", name])
            .output()
            .unwrap_or_else(|error| panic!("git cannot be started: {error}"));
        output.status.success().then(|| first_line(output.stdout))
    }

    fn pending(&self) -> MutexGuard<'_, Vec<Change>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, path: &[u8], mode: u32, content: Content) -> &Self {
        self.pending().push(Change::Put(path.to_vec(), mode, content));
        self
    }

    /// What a path will hold after the pending changes.
    fn content_at(&self, path: &[u8]) -> Content {
        let mut path = path.to_vec();
        for change in self.pending().iter().rev() {
            match change {
                Change::Put(at, _, content) if *at == path => return content.clone(),
                Change::Rename(from, to) if path.starts_with(to) => {
                    let below = path.split_off(to.len());
                    path = [from.as_slice(), &below].concat();
                }
                _ => {}
            }
        }
        let mut command = git_command(&self.path);
        command.args(["ls-tree", "-z", "--full-tree", "--format=%(objectname)", "HEAD", "--"]);
        let answer = git::finish(command.arg(OsStr::from_bytes(&path)));
        let id = String::from_utf8_lossy(&answer).trim_end_matches('\0').to_owned();
        assert!(!id.is_empty(), "no file at {:?}", String::from_utf8_lossy(&path));
        Content::Object(id)
    }

    /// The time of the next commit.
    fn tick(&self) -> u64 {
        FIRST_COMMIT_TIME + self.commits.fetch_add(1, Ordering::Relaxed) * TICK_SECONDS
    }

    /// Runs one `git fast-import` and gives the ids of the commits made, in order.
    fn import(
        &self,
        feed: impl FnOnce(&mut ImportStream<&mut dyn Write>) -> std::io::Result<()> + Send,
    ) -> Vec<String> {
        let mut command = git_command(&self.path);
        command.args(["fast-import", "--quiet", "--force", "--date-format=raw"]);
        let output = git::finish_with_input(&mut command, |stdin| {
            let mut stream = ImportStream::new(stdin);
            feed(&mut stream)?;
            stream.ask_ids()
        });
        String::from_utf8_lossy(&output).lines().map(str::to_owned).collect()
    }
}

fn first_line(output: Vec<u8>) -> String {
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}
