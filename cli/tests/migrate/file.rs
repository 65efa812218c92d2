//! A database in a file: it brings itself up to date, after a copy.

use std::{fs, path::Path};

use entities::ConnectOptions;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;

use crate::{ends, in_state, project_sync};

async fn open(data: &Path) -> DatabaseConnection {
    let url = format!("sqlite:{}", data.join("project-sync.db").display());
    entities::connect(&url, &ConnectOptions::default()).await.unwrap().pool().clone()
}

fn backups(data: &Path) -> usize {
    let names = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.contains(".backup-")).count()
}

/// From nothing to the last migration, one back, and forward again.
#[test]
fn up_and_down() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str], code| ends(project_sync(folder.path(), arguments), code);
    let (status, _) = run(&["migrate", "status", "-o", "json"], 0);
    let all = in_state(&status, "pending");
    assert_eq!(all.first().unwrap(), "0001_initial");
    let last = all.last().unwrap();

    let (plan, _) = run(&["migrate", "plan"], 0);
    assert!(plan.contains("makes the table tenants") && plan.contains(last.as_str()), "{plan}");
    let (plan, _) = run(&["migrate", "plan", "-o", "json"], 0);
    let plan: Vec<serde_json::Value> = serde_json::from_str(&plan).unwrap();
    assert!(plan.iter().all(|one| one["verdict"] == "harmless"), "{plan:?}");

    let (_, told) = run(&["migrate", "up", "--dry-run"], 0);
    assert!(told.contains(&format!("would be applied: {last}")), "{told}");
    assert_eq!(in_state(&run(&["migrate", "status", "-o", "json"], 0).0, "pending"), all);
    run(&["migrate", "verify"], 1);

    let (table, told) = run(&["migrate"], 0);
    assert!(told.contains("applied: 0001_initial") && table.contains(last.as_str()), "{told}{table}");
    assert_eq!(backups(folder.path()), 0, "there was nothing to copy");
    run(&["migrate", "verify"], 0);

    let (_, told) = run(&["migrate", "down"], 2);
    assert!(told.contains("--yes"), "{told}");
    let (_, told) = run(&["migrate", "down", "--dry-run"], 0);
    assert!(told.contains(&format!("would be taken back: {last}")), "{told}");
    let (status, told) = run(&["migrate", "down", "--yes", "-o", "json"], 0);
    assert!(told.contains(&format!("taken back: {last}")), "{told}");
    assert_eq!(in_state(&status, "pending"), [last.as_str()]);
    assert_eq!(backups(folder.path()), 1);

    // Any command brings it up to date, after a copy.
    run(&["projects"], 0);
    assert_eq!(backups(folder.path()), 2);
    assert!(in_state(&run(&["migrate", "status", "-o", "json"], 0).0, "pending").is_empty());
    run(&["migrate", "up", "--allow-loss", "embeddings"], 2);
}

/// What was changed by hand is found; a database of a newer program is not touched.
#[tokio::test]
async fn what_is_not_ours() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str], code| ends(project_sync(folder.path(), arguments), code);
    run(&["migrate"], 0);
    let db = open(folder.path()).await;
    db.execute_unprepared("CREATE TABLE by_hand (id INT)").await.unwrap();
    let (out, told) = run(&["migrate", "verify"], 1);
    assert!(out.contains("unexpected: column by_hand.id") && told.contains("differs"), "{out}{told}");

    let newer = "INSERT INTO schema_history VALUES (9000, 'newer', 'x', '2026-01-01T00:00:00+00:00', 1)";
    db.execute_unprepared(newer).await.unwrap();
    for arguments in [&["projects"][..], &["migrate"], &["migrate", "verify"]] {
        let (_, told) = run(arguments, 1);
        assert!(told.contains("9000_newer") && told.contains("newer program"), "{told}");
    }
    assert_eq!(in_state(&run(&["migrate", "status", "-o", "json"], 0).0, "unknown"), ["9000_newer"]);

    db.execute_unprepared("DELETE FROM schema_history WHERE version = 9000").await.unwrap();
    db.execute_unprepared("UPDATE schema_history SET checksum = 'other' WHERE version = 2").await.unwrap();
    let (_, told) = run(&["projects"], 1);
    assert!(told.contains("0002_queue"), "{told}");
    assert_eq!(backups(folder.path()), 0, "nothing was begun");
}

/// A loss is refused with the words that would allow it, and allowed by exactly these.
#[tokio::test]
async fn a_loss_must_be_named() {
    let folder = TempDir::new().unwrap();
    let run = |arguments: &[&str], code| ends(project_sync(folder.path(), arguments), code);
    run(&["migrate"], 0);
    // Back to the one that brought users.
    loop {
        let (status, _) = run(&["migrate", "status", "-o", "json"], 0);
        if in_state(&status, "applied").last().unwrap() == "0004_identity" {
            break;
        }
        run(&["migrate", "down", "--yes"], 0);
    }
    let db = open(folder.path()).await;
    let user = "INSERT INTO users (id, name, created_at) VALUES (x'01', 'u', '2026-01-01')";
    db.execute_unprepared(user).await.unwrap();
    let (_, told) = run(&["migrate", "down", "--yes"], 1);
    assert!(told.contains("--allow-loss 'users.*=1'") && told.contains("nothing was changed"), "{told}");
    run(&["migrate", "down", "--yes", "--allow-loss", "users.*=2"], 1);
    let (_, told) = run(&["migrate", "down", "--yes", "--allow-loss", "users.*=1"], 0);
    assert!(told.contains("lost as allowed: 1 of users.*"), "{told}");
}
