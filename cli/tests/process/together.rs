//! Several commands at once.

use tempfile::TempDir;
use testkit::repo::large_repository;

use crate::{Held, Running, files, json, listed};

/// Two at once make one sync: the later one follows the earlier one and tells the same.
#[tokio::test(flavor = "multi_thread")]
async fn two_syncs_of_one_branch() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 300, 600_000, 7);
    let held = Held::new(folder.path(), "repo.git", repo).await;
    let data = folder.path().join("data");
    let first = Running::start(&data, &["sync", &held.source]);
    held.until_held().await;
    let mut second = Running::start(&data, &["sync", &held.source]);
    // It has heard how far the other one is.
    second.wait_for("phaseStarted", "scan").unwrap();
    held.release();
    let (first, second) = (first.finish(), second.finish());
    assert_eq!((first.0, second.0), (Some(0), Some(0)));
    let (one, two) = (first.1.last().unwrap(), second.1.last().unwrap());
    assert_eq!(one["status"], "completed");
    assert_eq!(two["status"], "completed");
    assert_eq!(one["id"], two["id"], "they tell of one sync");
    assert_eq!(second.1.iter().filter(|event| event["type"] == "completed").count(), 1);
    assert_eq!(files(&data, "repo"), listed(&held.repo, &held.repo.head()));
}

/// Many first commands at once on a folder that is not there yet: one project, one chain.
#[test]
fn many_first_commands() {
    let folder = TempDir::new().unwrap();
    let repo = large_repository(&folder.path().join("repo.git"), 200, 400_000, 7);
    let data = folder.path().join("data");
    let source = repo.path().to_str().unwrap();
    let running: Vec<_> = (0..4).map(|_| Running::start(&data, &["sync", source])).collect();
    for running in running {
        let (code, rest) = running.finish();
        assert_eq!(code, Some(0), "{rest:?}");
    }
    let projects = json(&data, &["projects"]).remove(0);
    assert_eq!(projects.as_array().unwrap().len(), 1);
    let history = json(&data, &["history", "repo"]).remove(0);
    let history = history.as_array().unwrap();
    let mut numbers: Vec<_> = history.iter().map(|sync| sync["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=history.len() as i64).collect::<Vec<_>>());
    assert_eq!(files(&data, "repo"), listed(&repo, &repo.head()));
}
