//! `doctor`.

use std::path::Path;

use entities::ConnectOptions;
use serde_json::Value;

use crate::scene::{Scene, command, text};

pub(crate) fn the_doctor_tells_what_to_do(scene: Scene) {
    let found = scene.json(&["doctor"]);
    assert_eq!(found["status"], "warn");
    let names: Vec<&str> =
        found["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
    for wanted in ["database", "migrations", "clock", "leases", "stuck", "dead", "pauses", "queue"] {
        assert!(names.contains(&wanted), "{wanted}: {names:?}");
    }
    let (people, _) = scene.exits(&["doctor"], 0);
    assert!(
        people.contains("project-sync queue resume") && people.contains("project-sync dead ls"),
        "{people}"
    );
    scene.json(&["queue", "resume"]);
    scene.json(&["dead", "purge", "--all", "--yes"]);
    scene.run(&["jobs", "cancel", "--status", "pending", "--yes"]);
    let (people, _) = scene.exits(&["doctor"], 0);
    assert!(!people.contains("warn  dead") && !people.contains("warn  pauses"), "{people}");
}

/// What was found of one part.
fn check(found: &Value, name: &str) -> (String, String) {
    let check = found["checks"].as_array().unwrap().iter().find(|check| check["name"] == name);
    let check = check.unwrap_or_else(|| panic!("{name}: {found}"));
    let words = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
    (words("status"), format!("{} {}", words("detail"), words("advice")))
}

/// Runs `doctor` where something is wrong: it ends with this code and says what.
fn doctor(data: &Path, extra: &[&str], environment: &[(&str, &str)], code: i32) -> Value {
    let mut command = command(data, &[&["doctor", "-o", "json"], extra].concat());
    let output = command.envs(environment.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The doctor is for when things are broken: it never needs what it looks at.
#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_works_where_nothing_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let none = doctor(&data, &[], &[], 0);
    assert_eq!(check(&none, "database").0, "warn");
    assert!(!data.exists(), "it made nothing");

    let away = [("PROJECT_SYNC__QUEUE__REDIS_URL", "redis://127.0.0.1:9")];
    let redis = doctor(&data, &[], &away, 1);
    assert_eq!(check(&redis, "queue").0, "fail");
    let postgres = [("PROJECT_SYNC__DATABASE__URL", "postgres://user:hush@127.0.0.1:9/none")];
    let postgres = doctor(&data, &[], &postgres, 1);
    assert_eq!(check(&postgres, "database").0, "fail");
    assert!(!postgres.to_string().contains("hush"), "{postgres}");
    let wrong = doctor(&data, &[], &[("PROJECT_SYNC__SYNC__LEASE_SECONDS", "0")], 1);
    assert!(check(&wrong, "settings").1.contains("sync.lease_seconds"), "{wrong}");

    // A file that is there and has no schema yet.
    std::fs::create_dir(&data).unwrap();
    let file = data.join("project-sync.db");
    let url = format!("sqlite:{}", file.display());
    entities::connect(&url, &ConnectOptions::default()).await.unwrap().close().await.unwrap();
    let pending = doctor(&data, &[], &[], 1);
    assert_eq!(check(&pending, "database").0, "ok");
    let (status, words) = check(&pending, "migrations");
    assert!(status == "fail" && words.contains("project-sync migrate"), "{pending}");
    assert!(command(&data, &["migrate"]).output().unwrap().status.success());
    assert_eq!(doctor(&data, &[], &[], 0)["status"], "ok");
    // With the queue away the database is looked at all the same.
    let half = doctor(&data, &[], &away, 1);
    assert_eq!((check(&half, "queue").0, check(&half, "leases").0), ("fail".into(), "ok".into()));
    let listed = command(&data, &["jobs", "ls", "-o", "json"]).envs(away).output().unwrap();
    assert_eq!((listed.status.code(), text(&listed.stdout)), (Some(0), "[]\n".into()));
    std::fs::write(&file, "no database at all, but long enough to be looked at").unwrap();
    let broken = doctor(&data, &[], &[], 1);
    assert_eq!(check(&broken, "database").0, "fail");

    let nobody = doctor(&data, &["--server", "http://127.0.0.1:9"], &[], 1);
    assert_eq!(check(&nobody, "server").0, "fail");
}
