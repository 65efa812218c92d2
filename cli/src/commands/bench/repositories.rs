//! Git repositories whose branches move.
//!
//! All commits are made before the load begins, in one pack each; to commit is then to let the branch point at the next
//! one. So what is measured is reading a repository that changed, not the machine making commits meanwhile.

use std::{
    fmt::Write as _,
    fs,
    io::{self, BufWriter},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
};

use tempfile::TempDir;

use crate::error::CliError;

/// The most commits of a repository. When a branch came to the last one it goes back, a commit at a time.
pub const MAX_COMMITS: usize = 500;

/// The branch.
const BRANCH_FILE: &str = "refs/heads/main";

/// Where all commits hang, outside what is listed as a branch.
const ALL: &str = "refs/load/all";

/// Sections of the Markdown file: as many entries of memory.
const SECTIONS: usize = 5;

/// Lines of all other files.
const LINES: usize = 30;

/// How large repositories are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Files, at least one.
    pub files: usize,
    /// Files that each commit changes.
    pub changes: usize,
    /// Commits, at least two.
    pub commits: usize,
}

/// A repository.
pub struct Repository {
    /// Where it is.
    pub path: PathBuf,
    commits: Vec<String>,
    at: AtomicUsize,
}

/// Repositories in a folder that is removed with the value.
pub struct Repositories {
    /// The repositories.
    pub all: Vec<Repository>,
    folder: TempDir,
}

impl Repositories {
    /// Makes `count` repositories in a new folder, in `within` or in the system's temporary folder.
    ///
    /// # Errors
    /// If there is no git, or the folder cannot be written.
    pub fn make(within: Option<&Path>, count: usize, size: Size) -> Result<Self, CliError> {
        let mut builder = tempfile::Builder::new();
        let builder = builder.prefix("project-sync-load-");
        let folder = match within {
            Some(within) => builder.tempdir_in(within),
            None => builder.tempdir(),
        };
        let folder = folder.map_err(CliError::io("making a folder for repositories"))?;
        let all = (0..count)
            .map(|number| Repository::make(folder.path().join(format!("load-{number}.git")), number, size))
            .collect::<io::Result<_>>()
            .map_err(CliError::io("making a repository with git"))?;
        Ok(Self { all, folder })
    }

    /// Where they are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Repository {
    fn make(path: PathBuf, number: usize, size: Size) -> io::Result<Self> {
        fs::create_dir(&path)?;
        finish(git(&path).args(["init", "--quiet", "--bare", "--template=", "--initial-branch=main"]))?;
        let marks = path.join("load-marks");
        import(&path, &marks, number, size)?;
        let text = fs::read_to_string(&marks)?;
        let mut commits: Vec<(usize, String)> = text.lines().filter_map(mark).collect();
        commits.sort_unstable_by_key(|(mark, _)| *mark);
        fs::create_dir_all(path.join("refs/heads"))?;
        let commits = commits.into_iter().map(|(_, id)| id).collect();
        let repository = Self { path, commits, at: AtomicUsize::new(0) };
        repository.point_at(0)?;
        Ok(repository)
    }

    /// Makes the branch's next commit.
    ///
    /// # Errors
    /// If the branch cannot be written.
    pub fn commit(&self) -> io::Result<()> {
        self.point_at(self.at.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// To the last commit and back again, over and over.
    fn point_at(&self, step: usize) -> io::Result<()> {
        let last = self.commits.len().saturating_sub(1).max(1);
        let place = step % (2 * last);
        let id = self.commits.get(place.min(2 * last - place)).ok_or(io::ErrorKind::InvalidData)?;
        // Renamed into place: a reader finds either commit, and nothing else. Each has a file of its own.
        let file = self.path.join(format!("load-branch-{step}"));
        fs::write(&file, format!("{id}\n"))?;
        fs::rename(&file, self.path.join(BRANCH_FILE))
    }
}

/// A git command that reads no configuration but the repository's own.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command.env_clear().current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some(path) = std::env::var_os("PATH") {
        command.env("PATH", path);
    }
    command.env("LC_ALL", "C").env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command
}

fn finish(command: &mut Command) -> io::Result<()> {
    let output = command.output()?;
    complaint(output.status.success(), &output.stderr)
}

fn complaint(is_well: bool, told: &[u8]) -> io::Result<()> {
    if is_well { Ok(()) } else { Err(io::Error::other(String::from_utf8_lossy(told).trim().to_owned())) }
}

/// Makes all commits, in one stream.
fn import(path: &Path, marks: &Path, number: usize, size: Size) -> io::Result<()> {
    let mut command = git(path);
    command.args(["fast-import", "--quiet"]).arg(format!("--export-marks={}", marks.display()));
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    let written = match child.stdin.take() {
        Some(input) => write_commits(&mut BufWriter::new(input), number, size),
        None => Ok(()),
    };
    let output = child.wait_with_output()?;
    // Its own complaint is better than that of the pipe.
    complaint(output.status.success(), &output.stderr)?;
    written
}

fn write_commits(out: &mut impl io::Write, number: usize, size: Size) -> io::Result<()> {
    for commit in 0..size.commits {
        let time = 1_704_067_200 + commit;
        let message = format!("commit {commit}\n");
        writeln!(out, "commit {ALL}\nmark :{}", commit + 1)?;
        writeln!(out, "committer Load <load@example.invalid> {time} +0000\ndata {}", message.len())?;
        writeln!(out, "{message}")?;
        let changed = if commit == 0 { size.files } else { size.changes.min(size.files) };
        for change in 0..changed {
            // The first file is Markdown and changes each time; the others in turns.
            let others = size.files.saturating_sub(1).max(1);
            let file = match change {
                0 => 0,
                _ if commit == 0 => change,
                _ => 1 + (commit * (changed - 1) + change) % others,
            };
            let (name, text) = content(number, file, commit);
            writeln!(out, "M 100644 inline {name}\ndata {}", text.len())?;
            writeln!(out, "{text}")?;
        }
    }
    out.flush()
}

/// A file as a commit has it: about a kilobyte, unlike that of any other repository.
fn content(repository: usize, file: usize, commit: usize) -> (String, String) {
    let mut text = String::new();
    // Writing to a String cannot fail.
    if file == 0 {
        for section in 0..SECTIONS {
            let _ = write!(text, "# Section {section}\n\nRepository {repository}, section {section}");
            // Each commit changes one section.
            let edit = commit.saturating_sub((commit + SECTIONS - section) % SECTIONS);
            let _ = write!(text, ", as edited in commit {edit}.\n\n");
        }
        return ("docs/notes.md".to_owned(), text);
    }
    for line in 0..LINES {
        let _ = writeln!(text, "repository {repository} file {file} commit {commit} line {line}");
    }
    (format!("part-{}/file-{file}.txt", file % 20), text)
}

/// A line of the marks: `:MARK ID`.
fn mark(line: &str) -> Option<(usize, String)> {
    let (mark, id) = line.strip_prefix(':')?.split_once(' ')?;
    Some((mark.parse().ok()?, id.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(repository: &Repository) -> String {
        fs::read_to_string(repository.path.join(BRANCH_FILE)).unwrap().trim().to_owned()
    }

    #[test]
    fn each_commit_changes_what_it_says() {
        let size = Size { files: 10, changes: 3, commits: 4 };
        let made = Repositories::make(None, 2, size).unwrap();
        let repository = &made.all[1];
        assert_eq!(repository.commits.len(), 4);
        let mut before = head(repository);
        // To the last one, and back.
        for _ in 0..7 {
            repository.commit().unwrap();
            let after = head(repository);
            let output = git(&repository.path)
                .args(["diff", "--name-only", &before, &after])
                .stdout(Stdio::piped())
                .output()
                .unwrap();
            let names = String::from_utf8(output.stdout).unwrap();
            assert_eq!(names.lines().count(), 3, "{names}");
            assert!(names.contains("docs/notes.md"), "{names}");
            before = after;
        }
        let folder = made.folder().to_owned();
        drop(made);
        assert!(!folder.exists());
    }
}
