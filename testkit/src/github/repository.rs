//! What the server asks of git about a repository.

use std::{collections::HashMap, path::Path, process::Stdio};

use bytes::Bytes;
use tokio::{io::AsyncWriteExt as _, process::Command};

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

fn command(repository: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(repository)
        .args(arguments)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("TZ", "UTC")
        .kill_on_drop(true);
    command
}

/// Runs git in the repository. `None` if it fails: the object or the name does not exist.
async fn git(repository: &Path, arguments: &[&str]) -> Option<Vec<u8>> {
    let output = command(repository, arguments).output().await.expect("git is installed");
    output.status.success().then_some(output.stdout)
}

/// Runs git in the repository and gives it `input`.
async fn git_with_input(repository: &Path, arguments: &[&str], input: Vec<u8>) -> Option<Vec<u8>> {
    let mut child = command(repository, arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("git is installed");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // Written beside the reading: either pipe may fill up first.
    let write = async move { stdin.write_all(&input).await };
    let (_, output) = tokio::join!(write, child.wait_with_output());
    let output = output.expect("git ends");
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

/// A tree's entries, with those of the trees below it if `recursive`. Modes are as the trees spell them, unless
/// `canonical`, which is how `git ls-tree` shows them.
pub(super) async fn tree(
    repository: &Path,
    id: &str,
    recursive: bool,
    canonical: bool,
) -> Option<Vec<ListedEntry>> {
    let mut arguments = vec!["ls-tree", "-z", "-l", "--full-tree"];
    if recursive {
        arguments.extend(["-r", "-t"]);
    }
    arguments.push(id);
    let listing = git(repository, &arguments).await?;
    let lines = listing.split(|byte| *byte == 0).filter(|line| !line.is_empty());
    let mut entries: Vec<ListedEntry> = lines.map(entry).collect::<Option<_>>()?;
    if !canonical {
        spell_modes(repository, id, &mut entries).await?;
    }
    Some(entries)
}

/// Puts the modes into a listing that the trees themselves hold.
async fn spell_modes(repository: &Path, root: &str, entries: &mut [ListedEntry]) -> Option<()> {
    let folders = entries.iter().filter(|entry| entry.kind == "tree");
    let mut ids: HashMap<Vec<u8>, String> =
        folders.map(|entry| ([&entry.path[..], b"/"].concat(), entry.sha.clone())).collect();
    ids.insert(Vec::new(), root.to_owned());
    let input: String = ids.values().map(|id| format!("{id}\n")).collect();
    let objects = git_with_input(repository, &["cat-file", "--batch"], input.into_bytes()).await?;
    let mut modes = HashMap::new();
    let mut rest = &objects[..];
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let head = std::str::from_utf8(&rest[..end]).ok()?;
        let mut words = head.split(' ');
        let (id, size) = (words.next()?, words.nth(1)?.parse::<usize>().ok()?);
        let mut tree = rest.get(end + 1..end + 1 + size)?;
        while let Some(space) = tree.iter().position(|byte| *byte == b' ') {
            let name_end = tree.iter().position(|byte| *byte == 0)?;
            let mode = std::str::from_utf8(&tree[..space]).ok()?;
            modes.insert((id.to_owned(), tree[space + 1..name_end].to_vec()), format!("{mode:0>6}"));
            tree = tree.get(name_end + 21..)?;
        }
        rest = rest.get(end + 2 + size..)?;
    }
    for entry in entries {
        let cut = entry.path.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let (folder, name) = entry.path.split_at(cut);
        if let Some(mode) = ids.get(folder).and_then(|id| modes.get(&(id.clone(), name.to_vec()))) {
            entry.mode.clone_from(mode);
        }
    }
    Some(())
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
