//! Processes that end early.

use std::{path::Path, process::Command};

use tempfile::TempDir;
use testkit::repo::{TestRepo, change_files, large_repository};

use crate::{Held, Running, files, json, listed, run};

/// How often all of it is tried again because a sync was through before it was killed: nothing holds one that begins its
/// last phase.
const TRIES: usize = 5;

const PHASES: [&str; 4] = ["prepare", "scan", "import", "finalize"];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Killed in each phase, at first and later: the old state stays, nothing is left in the way, the next run is exact.
#[test]
fn kill_9_in_each_phase() {
    let is_done = (0..TRIES).any(|_| is_killed_in_each_phase(&TempDir::new().unwrap()));
    assert!(is_done, "{TRIES} times a sync was through before it was killed");
}

/// `false` if a sync was through before it was killed, and showed all that it should.
fn is_killed_in_each_phase(folder: &TempDir) -> bool {
    let repo = large_repository(&folder.path().join("repo.git"), 3_000, 6_000_000, 7);
    let data = folder.path().join("data");
    let first = repo.head();
    for phase in PHASES {
        kill_in(phase, &data, &repo);
        let shown = run(&data, &["files", "repo"]);
        if shown.status.success() {
            assert_eq!(files(&data, "repo"), listed(&repo, &first), "killed in {phase}: all or nothing");
            return false;
        }
        assert_eq!(shown.status.code(), Some(4), "killed in {phase}: nothing of it is visible");
        assert_eq!(shown.stdout, b"");
    }
    json(&data, &["sync", text(repo.path())]);
    assert_eq!(files(&data, "repo"), listed(&repo, &first));
    let second = change_files(&repo, 2_000, 1);
    for phase in PHASES {
        kill_in(phase, &data, &repo);
        let shown = files(&data, "repo");
        if shown == listed(&repo, &second) {
            return false;
        }
        assert_eq!(shown, listed(&repo, &first), "killed in {phase}: the old state stays");
    }
    let sync = json(&data, &["sync", text(repo.path())]).pop().unwrap();
    assert_eq!(sync["number"], 2);
    assert_eq!(files(&data, "repo"), listed(&repo, &second));
    assert!(run(&data, &["verify", "repo"]).status.success());
    let history = json(&data, &["history", "repo"]).remove(0);
    let outcomes: Vec<_> =
        history.as_array().unwrap().iter().map(|sync| sync["status"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["completed", "completed"], "what was killed was begun again");
    true
}

/// Kills a sync as it begins a phase.
fn kill_in(phase: &str, data: &Path, repo: &TestRepo) {
    let mut running = Running::start(data, &["sync", text(repo.path())]);
    running.wait_for("phaseStarted", phase).unwrap_or_else(|| panic!("{phase} starts"));
    running.child.kill().unwrap();
    running.child.wait().unwrap();
}

/// Ctrl-C ends the sync as cancelled, and it can be run again.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn interrupted() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 300, 600_000, 7);
    let held = Held::new(folder.path(), "repo.git", repo).await;
    let data = folder.path().join("data");
    let running = Running::start(&data, &["sync", &held.source]);
    held.until_held().await;
    let interrupt = Command::new("kill").args(["-INT", &running.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let (code, rest) = running.finish();
    assert_eq!(code, Some(130));
    let record = rest.last().unwrap();
    assert_eq!(record["status"], "cancelled");
    assert_eq!(rest[rest.len() - 2]["type"], "cancelled");
    held.release();
    json(&data, &["sync", &held.source]);
    assert_eq!(files(&data, "repo"), listed(&held.repo, &held.repo.head()));
}
