//! `queue` and `dead`.

use serde_json::json;

use crate::scene::Scene;

pub(crate) fn the_queue_is_paused_and_resumed(scene: Scene) {
    let stats = scene.json(&["queue", "stats"]);
    let counts = ["ready", "delayed", "running", "dead"].map(|state| stats[state]["count"].as_u64().unwrap());
    assert_eq!(counts, [1, 0, 0, 2]);
    assert!(stats["ready"]["oldestAgeSeconds"].is_i64(), "{stats}");
    assert_eq!(stats["pauses"][0]["reason"], "maintenance");
    let is_asked_for = stats["error"].as_str().is_some_and(|error| error.contains("--server"));
    assert_eq!(
        is_asked_for,
        scene.server.is_none() && scene.shared.is_none(),
        "the queue of a service cannot be seen from here: {stats}"
    );
    let (people, _) = scene.exits(&["queue", "stats"], 0);
    assert!(people.contains("paused    the whole queue since") && people.contains("maintenance"), "{people}");

    assert_eq!(scene.json(&["queue", "pause"]), json!({ "changed": false }));
    assert_eq!(scene.json(&["queue", "pause", "--project", "notes"]), json!({ "changed": true }));
    scene.exits(&["queue", "pause", "--project", "none"], 4);
    assert_eq!(scene.json(&["queue", "resume"]), json!({ "changed": true }));
    assert_eq!(scene.status(scene.waiting), "pending", "its project is paused");
    assert_eq!(scene.json(&["queue", "stats"])["pauses"].as_array().unwrap().len(), 1);
    let (told, _) = scene.exits(&["queue", "resume", "--project", "notes"], 0);
    assert_eq!(told, "project notes goes on\n");
    assert_eq!(scene.json(&["queue", "resume"]), json!({ "changed": false }));
}

pub(crate) fn the_dead_are_listed_repeated_and_removed(scene: Scene) {
    let (dead, broken) = (scene.dead.to_string(), scene.broken.to_string());
    let listed = |args: &[&str]| -> Vec<String> {
        let listed = scene.json(&[&["dead", "ls"], args].concat());
        listed.as_array().unwrap().iter().map(|dead| dead["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(&[]), [broken.clone(), dead.clone()]);
    assert_eq!(listed(&["--error", "unreachable"]), [dead.as_str()]);
    assert_eq!(listed(&["--older-than", "1h"]), [""; 0]);
    assert_eq!(listed(&["-n", "1"]), [broken.as_str()]);
    let shown = scene.json(&["dead", "show", &broken]);
    assert_eq!((&shown["payload"], &shown["code"]), (&json!("{]"), &json!("broken-payload")));
    let (people, _) = scene.exits(&["dead", "show", &dead], 0);
    assert!(
        people.contains("unreachable: given up") && people.contains(&scene.failed.to_string()),
        "{people}"
    );
    scene.exits(&["dead", "show", "ffffffff-ffff-7fff-8fff-ffffffffffff"], 4);

    for verb in ["requeue", "purge"] {
        scene.exits(&["dead", verb, "--yes"], 2);
        scene.exits(&["dead", verb, "--all", "--error", "unreachable", "--yes"], 2);
        scene.exits(&["dead", verb, "--all"], 2);
        scene.exits(&["dead", verb, "--error", "unreachable"], 2);
    }
    let (_, told) = scene.exits(&["dead", "requeue", &broken], 2);
    assert!(told.contains("no sync that could be repeated"), "{told}");
    let tried = scene.json(&["dead", "requeue", "--all", "--dry-run"]);
    assert_eq!(tried, json!({ "matched": 1, "changed": 0, "ids": [dead] }));
    assert_eq!(listed(&[]).len(), 2, "nothing was changed");
    let again = scene.json(&["dead", "requeue", &dead]);
    assert_eq!(scene.listed(&["--status", "pending", "-n", "1"])[0], again["requeuedAs"][0]);
    assert_eq!(listed(&[]), [broken.as_str()]);
    let gone = scene.json(&["dead", "purge", "--error", "broken-payload", "--yes", "--dry-run"]);
    assert_eq!((&gone["matched"], &gone["changed"]), (&json!(1), &json!(0)));
    assert_eq!(scene.json(&["dead", "purge", &broken])["changed"], 1);
    let none = scene.json(&["dead", "purge", "--all", "--yes"]);
    assert_eq!(none, json!({ "matched": 0, "changed": 0, "ids": [] }));
    assert_eq!(scene.status(scene.failed), "failed", "it stays in the history");
}
