//! What the server asks of git about a repository.

use std::path::Path;

use bytes::Bytes;
use tokio::process::Command;

/// A commit as the API shows it.
pub(super) struct CommitData {
    pub(super) sha: String,
    pub(super) tree: String,
    pub(super) parents: Vec<String>,
    pub(super) author: [String; 3],
    pub(super) committer: [String; 3],
    pub(super) message: String,
}

/// One line of a listing.
pub(super) struct ListedEntry {
    pub(super) mode: String,
    pub(super) kind: String,
    pub(super) sha: String,
    pub(super) size: Option<u64>,
    pub(super) path: Vec<u8>,
}

/// Runs git in the repository. `None` if it fails: the object or the name does not exist.
async fn git(repository: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = Command::new("git")
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("TZ", "UTC")
        .kill_on_drop(true)
        .output()
        .await
        .expect("git is installed");
    output.status.success().then_some(output.stdout)
}

async fn git_line(repository: &Path, arguments: &[&str]) -> Option<String> {
    let output = git(repository, arguments).await?;
    Some(String::from_utf8_lossy(&output).trim_end().to_owned())
}

/// Branches with their commits, by name.
pub(super) async fn branches(repository: &Path) -> Vec<(String, String)> {
    let format = "--format=%(objectname) %(refname:lstrip=2)";
    let listing = git_line(repository, &["for-each-ref", format, "refs/heads/"]).await.unwrap_or_default();
    let pair = |line: &str| line.split_once(' ').map(|(id, name)| (name.to_owned(), id.to_owned()));
    listing.lines().filter_map(pair).collect()
}

/// Whether there are no commits at all.
pub(super) async fn is_empty(repository: &Path) -> bool {
    branches(repository).await.is_empty()
}

/// The commit at a branch's tip.
pub(super) async fn branch_commit(repository: &Path, branch: &str) -> Option<String> {
    resolve(repository, &format!("refs/heads/{branch}^{{commit}}")).await
}

/// The object that a revision expression names.
pub(super) async fn resolve(repository: &Path, expression: &str) -> Option<String> {
    git_line(repository, &["rev-parse", "--verify", "--quiet", "--end-of-options", expression]).await
}

/// A commit, by id.
pub(super) async fn commit(repository: &Path, id: &str) -> Option<CommitData> {
    let commit = resolve(repository, &format!("{id}^{{commit}}")).await?;
    let format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%ad%x00%cn%x00%ce%x00%cd%x00%B";
    let date = "--date=format-local:%Y-%m-%dT%H:%M:%SZ";
    let text = git_line(repository, &["show", "-s", "--no-show-signature", date, format, &commit]).await?;
    let mut fields = text.splitn(10, '\0').map(str::to_owned);
    let mut next = || fields.next().unwrap_or_default();
    Some(CommitData {
        sha: next(),
        tree: next(),
        parents: next().split_whitespace().map(str::to_owned).collect(),
        author: [next(), next(), next()],
        committer: [next(), next(), next()],
        message: next(),
    })
}

/// A tree's entries, with those of the trees below it if `recursive`.
pub(super) async fn tree(repository: &Path, id: &str, recursive: bool) -> Option<Vec<ListedEntry>> {
    let mut arguments = vec!["ls-tree", "-z", "-l", "--full-tree"];
    if recursive {
        arguments.extend(["-r", "-t"]);
    }
    arguments.push(id);
    let listing = git(repository, &arguments).await?;
    listing.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(entry).collect()
}

fn entry(line: &[u8]) -> Option<ListedEntry> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let head = std::str::from_utf8(&line[..tab]).ok()?;
    let mut words = head.split_whitespace().map(str::to_owned);
    Some(ListedEntry {
        mode: words.next()?,
        kind: words.next()?,
        sha: words.next()?,
        size: words.next()?.parse().ok(),
        path: line[tab + 1..].to_vec(),
    })
}

/// A blob's bytes.
pub(super) async fn blob(repository: &Path, id: &str) -> Option<Bytes> {
    git(repository, &["cat-file", "blob", id]).await.map(Bytes::from)
}

/// The commit as a gzipped tar, made the way GitHub makes it.
pub(super) async fn archive(repository: &Path, id: &str, prefix: &str) -> Option<Bytes> {
    let prefix = format!("--prefix={prefix}/");
    git(repository, &["archive", "--format=tar.gz", &prefix, id]).await.map(Bytes::from)
}
