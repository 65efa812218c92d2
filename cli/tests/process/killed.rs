//! Processes that end early.

use std::{path::Path, process::Command};

use tempfile::TempDir;
use testkit::repo::{change_files, large_repository};

use crate::{Running, files, json, listed, run};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Killed in each phase, at first and later: the old state stays, nothing is left in the way, the next run is exact.
#[test]
fn kill_9_in_each_phase() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 3_000, 6_000_000, 7);
    let data = folder.path().join("data");
    let first = repo.head();
    for phase in ["prepare", "scan", "import", "finalize"] {
        let mut running = Running::start(&data, &["sync", text(repo.path())]);
        running.wait_for("phaseStarted", phase).unwrap_or_else(|| panic!("{phase} starts"));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        let nothing = run(&data, &["files", "repo"]);
        assert_eq!(nothing.status.code(), Some(4), "killed in {phase}: nothing of it is visible");
        assert_eq!(nothing.stdout, b"");
    }
    json(&data, &["sync", text(repo.path())]);
    assert_eq!(files(&data, "repo"), listed(&repo, &first));
    let second = change_files(&repo, 2_000, 1);
    for phase in ["prepare", "scan", "import", "finalize"] {
        let mut running = Running::start(&data, &["sync", text(repo.path())]);
        running.wait_for("phaseStarted", phase).unwrap_or_else(|| panic!("{phase} starts"));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        assert_eq!(files(&data, "repo"), listed(&repo, &first), "killed in {phase}: the old state stays");
    }
    let sync = json(&data, &["sync", text(repo.path())]).pop().unwrap();
    assert_eq!(sync["number"], 2);
    assert_eq!(files(&data, "repo"), listed(&repo, &second));
    assert!(run(&data, &["verify", "repo"]).status.success());
    let history = json(&data, &["history", "repo"]).remove(0);
    let outcomes: Vec<_> =
        history.as_array().unwrap().iter().map(|sync| sync["status"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["completed", "completed"], "what was killed was begun again");
}

/// Ctrl-C ends the sync as cancelled, and it can be run again.
#[cfg(unix)]
#[test]
fn interrupted() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 3_000, 6_000_000, 7);
    let data = folder.path().join("data");
    let mut running = Running::start(&data, &["sync", text(repo.path())]);
    running.wait_for("phaseStarted", "import").unwrap();
    let interrupt = Command::new("kill").args(["-INT", &running.child.id().to_string()]).status().unwrap();
    assert!(interrupt.success());
    let (code, rest) = running.finish();
    assert_eq!(code, Some(130));
    let record = rest.last().unwrap();
    assert_eq!(record["status"], "cancelled");
    assert_eq!(rest[rest.len() - 2]["type"], "cancelled");
    json(&data, &["sync", text(repo.path())]);
    assert_eq!(files(&data, "repo"), listed(&repo, &repo.head()));
}
