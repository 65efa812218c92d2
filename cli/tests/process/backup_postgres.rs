//! The recipe of `docs/BACKUP.md` for Postgres, as it stands there.

use std::process::{Command, Output};

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;
use tempfile::TempDir;
use testkit::{database::TestDatabase, postgres, repo::TestRepo};

use crate::{lines, project_sync};

/// A command on a Postgres database.
fn on(url: &str, folder: &TempDir, arguments: &[&str]) -> Output {
    let mut command = project_sync(&folder.path().join("data"), arguments);
    command.env("PROJECT_SYNC__DATABASE__URL", url).output().unwrap()
}

fn json(url: &str, folder: &TempDir, arguments: &[&str]) -> Vec<Value> {
    let output = on(url, folder, &[arguments, &["-o", "json"]].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    lines(&output.stdout)
}

fn shown(url: &str, folder: &TempDir) -> Vec<Value> {
    let mut shown = json(url, folder, &["history", "notes"]);
    for number in 1..=shown[0].as_array().unwrap().len() {
        let at = number.to_string();
        for command in ["verify", "files", "memory"] {
            shown.extend(json(url, folder, &[command, "notes", "--at", &at]));
        }
    }
    shown
}

fn with_database(url: &str, name: &str) -> String {
    format!("{}/{name}", url.rsplit_once('/').unwrap().0)
}

/// Runs a program of Postgres, which must go well.
fn program(name: &str, arguments: &[&str]) {
    let Some(program) = postgres::client(name) else {
        panic!("{name} is not there: install the clients of Postgres")
    };
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

async fn count(connection: &impl ConnectionTrait, sql: &str) -> i64 {
    let statement = Statement::from_string(DbBackend::Postgres, sql);
    connection.query_one_raw(statement).await.unwrap().unwrap().try_get("", "n").unwrap()
}

/// A dump, restored into a new database, is whole: every sync proves itself, and tenants are apart as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_restored() {
    let folder = TempDir::new().unwrap();
    let database = TestDatabase::postgres().await;
    let repo = TestRepo::bare_at(&folder.path().join("notes.git"));
    for number in 0..3 {
        repo.write("README.md", format!("# Notes\n\ntext {number}\n")).commit("next");
        json(database.url(), &folder, &["sync", repo.path().to_str().unwrap()]);
    }
    let then = shown(database.url(), &folder);
    let dump = folder.path().join("project-sync.dump");
    let dump = dump.to_str().unwrap();
    program("pg_dump", &["--format=custom", &format!("--file={dump}"), database.admin_url()]);
    let name = format!("restored_{}", entities::SyncId::generate().to_string().replace('-', ""));
    let connection = database.connection();
    connection.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE template0")).await.unwrap();
    let admin_url = with_database(database.admin_url(), &name);
    program(
        "pg_restore",
        &["--exit-on-error", "--single-transaction", &format!("--dbname={admin_url}"), dump],
    );
    let url = with_database(database.url(), &name);
    assert_eq!(shown(&url, &folder), then, "it is as it was");
    let app = entities::connect(&url, &Default::default()).await.unwrap();
    assert_eq!(
        count(app.pool(), "SELECT count(*) AS n FROM project_syncs").await,
        0,
        "unless a tenant is named"
    );
    app.close().await.unwrap();
    repo.write("README.md", "# Notes\n\nand on\n").commit("next");
    json(&url, &folder, &["sync", repo.path().to_str().unwrap()]);
    json(&url, &folder, &["verify", "notes"]);
    connection.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.unwrap();
}

/// The commands for SQLite tell what is to be done instead.
#[tokio::test(flavor = "multi_thread")]
async fn the_recipe_is_told() {
    let folder = TempDir::new().unwrap();
    let database = TestDatabase::postgres().await;
    let file = folder.path().join("file");
    let file = file.to_str().unwrap();
    for (arguments, words) in [
        (&["backup", file][..], "pg_dump --format=custom"),
        (&["restore-backup", file, "--yes"], "pg_restore"),
    ] {
        let output = on(database.url(), &folder, arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(words), "{told}");
    }
}
