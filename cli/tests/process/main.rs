//! The real program as processes: killed, interrupted, two at once, on disks that refuse.

mod backup;
mod backup_postgres;
mod gc;
mod identity;
mod killed;
mod refused;
mod together;
mod webhooks;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;
use testkit::{
    git_http::{Fault, GitHttp},
    repo::TestRepo,
};

/// A repository whose host holds the content of the first sync back, for exactly as long as a test wants: that sync stands
/// still in the middle and can neither end nor be in a transaction when somebody else comes.
pub(crate) struct Held {
    pub(crate) repo: TestRepo,
    host: GitHttp,
    /// What names it as a source.
    pub(crate) source: String,
}

impl Held {
    /// Of the repository `name` in `folder`.
    pub(crate) async fn new(folder: &Path, name: &str, repo: TestRepo) -> Self {
        let host = GitHttp::start(folder).await;
        // What the host can do, where the head is, and then the content.
        for fault in [Fault::Pass, Fault::Pass, Fault::Hold] {
            host.push_fault(fault);
        }
        let source = host.url(name);
        Self { repo, host, source }
    }

    /// Waits until the sync stands still.
    pub(crate) async fn until_held(&self) {
        self.host.until_held().await;
    }

    /// Lets it go on.
    pub(crate) fn release(&self) {
        self.host.release();
    }
}

/// A command on a data folder.
pub(crate) fn project_sync(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
    command.arg("--data").arg(data).args(arguments).stdin(Stdio::null());
    for name in ["GITHUB_TOKEN", "PROJECT_SYNC_DATA", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

/// Runs a command to its end.
pub(crate) fn run(data: &Path, arguments: &[&str]) -> Output {
    project_sync(data, arguments).output().unwrap()
}

/// Runs a command that must go well, and reads its output as JSON lines.
pub(crate) fn json(data: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = run(data, &[arguments, &["-o", "json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}: {stderr}", output.status);
    lines(&output.stdout)
}

pub(crate) fn lines(bytes: &[u8]) -> Vec<Value> {
    // A list is one array over several lines, a sync one object a line.
    serde_json::Deserializer::from_slice(bytes).into_iter().map(Result::unwrap).collect()
}

/// A running `sync -o json` whose events can be awaited.
pub(crate) struct Running {
    pub(crate) child: Child,
    events: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut command = project_sync(data, &[arguments, &["-o", "json"]].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let events = BufReader::new(child.stdout.take().unwrap());
        Self { child, events }
    }

    /// Waits for an event of a type and phase. `None` if the program ends first.
    pub(crate) fn wait_for(&mut self, kind: &str, phase: &str) -> Option<Value> {
        let mut line = String::new();
        while self.events.read_line(&mut line).unwrap() > 0 {
            let event: Value = serde_json::from_str(&line).unwrap();
            if event["type"] == kind && event["phase"] == phase {
                return Some(event);
            }
            line.clear();
        }
        None
    }

    /// Reads what is left and waits for the end.
    pub(crate) fn finish(mut self) -> (Option<i32>, Vec<Value>) {
        let mut rest = Vec::new();
        std::io::Read::read_to_end(&mut self.events, &mut rest).unwrap();
        (self.child.wait().unwrap().code(), lines(&rest))
    }
}

/// The files of a project as `ls-tree` would tell them: mode, id, path.
pub(crate) fn files(data: &Path, project: &str) -> Vec<(String, String, String)> {
    let listed = json(data, &["files", project]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut files: Vec<_> = listed[0]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| (text(&file["mode"]), text(&file["blob"]), text(&file["path"])))
        .collect();
    files.sort_by(|a, b| a.2.cmp(&b.2));
    files
}

/// What git lists for a commit.
pub(crate) fn listed(repo: &testkit::repo::TestRepo, commit: &str) -> Vec<(String, String, String)> {
    let mut files: Vec<_> = repo
        .ls_tree(commit)
        .into_iter()
        .map(|entry| (format!("{:06o}", entry.mode), entry.oid, String::from_utf8(entry.path).unwrap()))
        .collect();
    files.sort_by(|a, b| a.2.cmp(&b.2));
    files
}
