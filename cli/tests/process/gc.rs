//! Retention as it is run by hand or by a timer.

use std::{fs, path::Path, process::Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::repo::TestRepo;

use crate::{files, json, listed, project_sync, run};

/// A command that need not wait for readers, of whom there are none.
fn at_once(data: &Path, arguments: &[&str]) -> Output {
    project_sync(data, arguments).env("PROJECT_SYNC__RETENTION__GRACE_SECONDS", "0").output().unwrap()
}

fn collected(data: &Path, arguments: &[&str]) -> Value {
    let output = at_once(data, &[&["gc", "-o", "json"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn forgotten(data: &Path, arguments: &[&str]) {
    let output = run(data, arguments);
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(4), "{arguments:?}: {told}");
    assert!(told.contains("is not kept any more: the first one that is, is #3"), "{arguments:?}: {told}");
}

/// Four syncs, of which two are kept: before it is done it is told, and afterwards what is kept is whole.
#[test]
fn old_syncs_are_forgotten() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let repo = TestRepo::bare_at(&folder.path().join("notes.git"));
    let source = repo.path().to_str().unwrap();
    let mut commits = Vec::new();
    for number in 1..=4 {
        repo.write("a.md", format!("# {number}\n\ntext {number}\n")).write(format!("only-{number}"), "x");
        commits.push(repo.commit("next"));
        json(&data, &["sync", source]);
        repo.remove(format!("only-{number}"));
    }
    let nothing = at_once(&data, &["gc", "--keep-syncs", "2"]);
    assert_eq!(nothing.status.code(), Some(2), "without --yes nothing is done");
    let planned = collected(&data, &["--keep-syncs", "2", "--dry-run"]);
    assert_eq!((&planned["dryRun"], &planned["states"]), (&json!(true), &json!(2)));
    let branch = json!({ "project": "notes", "branch": "main", "keptFrom": 1, "keepFrom": 3 });
    assert_eq!(planned["branches"], json!([branch]));
    assert_eq!(files(&data, "notes"), listed(&repo, &commits[3]));
    json(&data, &["verify", "notes", "--at", "1"]);

    let done = collected(&data, &["--keep-syncs", "2", "--yes"]);
    for what in ["branches", "states", "rows", "contents", "syncs"] {
        assert_eq!(done[what], planned[what], "{what} is as planned");
    }
    assert_eq!(done["contents"], json!({ "files": 2, "memory": 2 }));
    for number in ["1", "2"] {
        forgotten(&data, &["files", "notes", "--at", number]);
        forgotten(&data, &["memory", "notes", "--at", number]);
        forgotten(&data, &["verify", "notes", "--at", number]);
        forgotten(&data, &["diff", "notes", number, "4"]);
        forgotten(&data, &["restore", "notes", "--to", number]);
    }
    forgotten(&data, &["diff", "notes", "3"]);
    json(&data, &["diff", "notes", "4"]);
    json(&data, &["diff", "notes", "3", "4"]);
    for number in ["3", "4"] {
        json(&data, &["verify", "notes", "--at", number]);
    }
    let history = json(&data, &["history", "notes"]).remove(0);
    let flags: Vec<_> = history.as_array().unwrap().iter().map(|sync| sync["forgotten"].clone()).collect();
    assert_eq!(flags, [false, false, true, true], "the latest first");

    let restored = json(&data, &["restore", "notes", "--to", "3"]).pop().unwrap();
    assert_eq!((&restored["status"], &restored["number"]), (&json!("completed"), &json!(5)));
    assert_eq!(files(&data, "notes"), listed(&repo, &commits[2]));
    json(&data, &["sync", source]);
    assert_eq!(files(&data, "notes"), listed(&repo, &commits[3]));
    json(&data, &["verify", "notes"]);
}

/// What the settings keep is kept where nothing is said, and by default that is everything.
#[test]
fn what_the_settings_keep() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let repo = TestRepo::bare_at(&folder.path().join("notes.git"));
    for number in 0..3 {
        repo.write("a", number.to_string()).commit("next");
        json(&data, &["sync", repo.path().to_str().unwrap()]);
    }
    assert_eq!(collected(&data, &["--yes"])["states"], 0);
    let settings = folder.path().join("settings.toml");
    fs::write(&settings, "[retention]\nkeep_syncs = 2\ngrace_seconds = 0\n").unwrap();
    let with = ["--config", settings.to_str().unwrap()];
    assert_eq!(collected(&data, &[&with[..], &["--yes"]].concat())["states"], 1);
    assert_eq!(
        collected(&data, &[&with[..], &["--keep-syncs", "1", "--project", "notes", "--yes"]].concat())["states"],
        1
    );
    let unknown = at_once(&data, &["gc", "--project", "nothing", "--yes"]);
    assert_eq!(unknown.status.code(), Some(4));
}
