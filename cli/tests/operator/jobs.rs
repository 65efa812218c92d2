//! `jobs`.

use std::process::Stdio;

use serde_json::{Value, json};

use crate::scene::{Scene, ids, text};

pub(crate) fn jobs_are_listed_by_filters(scene: Scene) {
    let (done, waiting, failed) = (scene.done, scene.waiting, scene.failed);
    let all = scene.listed(&[]);
    assert_eq!(all.len(), 4);
    assert!(all.is_sorted_by(|a, b| a > b), "the latest first: {all:?}");
    assert_eq!(scene.listed(&["-n", "1"]), ids(&[waiting]));
    assert_eq!(scene.listed(&["--status", "failed", "--status", "pending"]), ids(&[waiting, failed]));
    assert_eq!(scene.listed(&["--project", "notes"]), ids(&[waiting, done]));
    assert_eq!(scene.listed(&["--project", "notes", "--status", "completed"]), ids(&[done]));
    assert_eq!(scene.listed(&["--trigger", "api", "--error", "unreachable"]), ids(&[failed]));
    assert_eq!(scene.listed(&["--branch", "none"]), ids(&[]));
    assert_eq!(scene.listed(&["--older-than", "1h"]), ids(&[]));
    assert_eq!(scene.listed(&["--older-than", "0s"]).len(), 4);
    let project = scene.json(&["jobs", "show", &waiting.to_string()])["projectId"].clone();
    assert_eq!(scene.listed(&["--project", project.as_str().unwrap()]), ids(&[waiting, done]));
    let (_, told) = scene.exits(&["jobs", "ls", "--project", "nots"], 4);
    assert!(told.contains("did you mean notes?"), "{told}");
    scene.exits(&["jobs", "ls", "--older-than", "soon"], 2);
    let (table, _) = scene.exits(&["jobs", "ls"], 0);
    assert!(table.starts_with("ID"), "{table}");
    assert!(table.contains("failed: unreachable") && table.contains(&waiting.to_string()), "{table}");
}

pub(crate) fn a_job_is_shown(scene: Scene) {
    let shown = scene.json(&["jobs", "show", &scene.failed.to_string()]);
    assert_eq!(shown["error"], json!({ "code": "unreachable", "message": "away\u{1b}[2J" }));
    let keys = ["project", "branch", "attempts", "priority", "worker", "createdAt", "events", "phases"];
    assert!(keys.iter().all(|key| !shown[key].is_null()), "{shown}");
    let (people, _) = scene.exits(&["jobs", "show", &scene.failed.to_string()], 0);
    assert!(people.contains("project  other") && people.contains("unreachable: away\\u{1b}[2J"), "{people}");
    let (people, _) = scene.exits(&["jobs", "show", &scene.done.to_string()], 0);
    assert!(people.contains("completed (sync)") && people.contains("completed\n"), "{people}");

    // By the start of the id: the shortest one that is its own.
    let done = scene.done.to_string();
    let others = scene.listed(&[]);
    let cut = (4..done.len()).find(|&n| others.iter().filter(|id| id.starts_with(&done[..n])).count() == 1);
    assert_eq!(scene.json(&["jobs", "show", &done[..cut.unwrap()]])["id"], done.as_str());
    let (_, told) = scene.exits(&["jobs", "show", &done[..4]], 2);
    assert!(told.contains("several jobs"), "{told}");
    scene.exits(&["jobs", "show", "ffffffff"], 4);
    scene.exits(&["jobs", "show", "ffffffff-ffff-7fff-8fff-ffffffffffff"], 4);
    scene.exits(&["jobs", "show", "abc"], 2);
    scene.exits(&["jobs", "show", "not-an-id"], 2);
}

pub(crate) fn many_jobs_are_changed_only_on_demand(scene: Scene) {
    let waiting = scene.waiting.to_string();
    let (_, told) = scene.exits(&["jobs", "cancel", "--yes"], 2);
    assert!(told.contains("which jobs?"), "{told}");
    scene.exits(&["jobs", "cancel", &waiting, "--project", "notes", "--yes"], 2);
    let (would, told) = scene.exits(&["jobs", "cancel", "--project", "notes"], 2);
    assert_eq!(would, format!("would cancel 1 job:\n  {waiting}\n"));
    assert!(told.contains("--yes"), "{told}");
    let tried = scene.json(&["jobs", "cancel", "--project", "notes", "--dry-run", "--yes"]);
    assert_eq!(tried, json!({ "matched": 1, "changed": 0, "ids": [waiting] }));
    assert_eq!(scene.status(scene.waiting), "pending", "nothing was changed");
    let (none, _) = scene.exits(&["jobs", "cancel", "--branch", "none", "--yes"], 0);
    assert_eq!(none, "there are no jobs to cancel\n");
    let all = scene.json(&["jobs", "cancel", "--status", "pending", "--status", "running", "--yes"]);
    assert_eq!(all, json!({ "matched": 1, "changed": 1, "ids": [waiting] }));
    assert_eq!(scene.status(scene.waiting), "cancelled");

    let both = ["--status", "failed", "--status", "cancelled"];
    let again = scene.json(&[&["jobs", "requeue", "--yes"], &both[..]].concat());
    assert_eq!((&again["matched"], &again["changed"]), (&json!(2), &json!(2)));
    assert_eq!(scene.listed(&["--status", "pending"]).len(), 2);
    assert_eq!(scene.json(&["dead", "ls"]).as_array().unwrap().len(), 1, "it left the dead set");
    let gone = scene.json(&[&["jobs", "rm", "--yes"], &both[..]].concat());
    assert_eq!(gone["changed"], 2);
    assert_eq!(scene.listed(&both), ids(&[]));
}

pub(crate) fn named_jobs_are_changed_at_once(scene: Scene) {
    let [done, waiting, failed] = [scene.done, scene.waiting, scene.failed].map(|id| id.to_string());
    let tried = scene.json(&["jobs", "cancel", &waiting, "--dry-run"]);
    assert_eq!(tried, json!({ "matched": 1, "changed": 0, "ids": [waiting] }));
    assert_eq!(scene.status(scene.waiting), "pending");
    // What cannot be done does not keep the rest from being done.
    let (changed, told) = scene.exits(&["jobs", "cancel", &done, &waiting, &waiting], 1);
    assert_eq!(changed, format!("asked to end 1 of 2 jobs:\n  {waiting}\n"));
    assert!(told.contains(&format!("sync {done} is completed already")), "{told}");
    assert_eq!(scene.status(scene.waiting), "cancelled");
    let (_, told) = scene.exits(&["jobs", "rm", &done], 1);
    assert!(told.contains("later syncs build on it"), "{told}");
    let again = scene.json(&["jobs", "requeue", &failed]);
    let new = again["requeuedAs"][0].as_str().unwrap();
    assert_eq!(again["ids"], json!([failed]));
    let new_job = scene.json(&["jobs", "show", new]);
    assert_eq!((&new_job["status"], &new_job["forced"]), (&json!("pending"), &json!(true)));
    let (_, told) = scene.exits(&["jobs", "requeue", new], 1);
    assert!(told.contains("is not repeated"), "{told}");
    scene.exits(&["jobs", "rm", new, &failed], 0);
    scene.exits(&["jobs", "show", &failed], 4);
    scene.exits(&["jobs", "rm", &failed], 4);
}

pub(crate) fn a_job_is_watched_to_its_end(scene: Scene) {
    let waiting = scene.waiting.to_string();
    let watch = |output: &[&str]| {
        let mut command = scene.command(&[&["jobs", "watch", &waiting], output].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let (programs, people) = (watch(&["-o", "json"]), watch(&[]));
    scene.json(&["queue", "resume"]);
    if scene.server.is_none() {
        // Nobody else runs it.
        scene.json(&["sync", scene.notes.path().to_str().unwrap(), "--force"]);
    }
    let (programs, people) = (programs.wait_with_output().unwrap(), people.wait_with_output().unwrap());
    assert!(programs.status.success() && people.status.success(), "{programs:?} {people:?}");
    let mut told: Vec<Value> =
        text(&programs.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let record = told.pop().unwrap();
    assert_eq!((&record["id"], &record["status"]), (&json!(waiting), &json!("completed")));
    assert_eq!(told.last().unwrap()["type"], "completed");
    assert!(text(&people.stdout).contains("completed (sync, forced)"), "{people:?}");
    assert!(text(&people.stderr).contains("import: done in"), "{people:?}");
    let (_, told) = scene.exits(&["jobs", "watch", &scene.failed.to_string()], 3);
    assert!(told.contains("away"), "{told}");
}
