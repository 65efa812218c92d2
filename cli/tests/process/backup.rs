//! A SQLite database to a file and back, while others use it and while nobody may.

use std::{
    fs,
    io::{BufRead, BufReader, Seek, SeekFrom, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use entities::ConnectOptions;
use sea_orm::ConnectionTrait;
use serde_json::Value;
use tempfile::TempDir;
use testkit::repo::{TestRepo, large_repository};

use crate::{Held, Running, json, project_sync, run};

/// A folder with a repository and a database that has two syncs of it.
struct Bench {
    folder: TempDir,
    repo: TestRepo,
}

impl Bench {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let repo = TestRepo::bare_at(&folder.path().join("notes.git"));
        let bench = Self { folder, repo };
        bench.sync("one");
        bench.sync("two");
        bench
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn data(&self) -> PathBuf {
        self.at("data")
    }

    fn database(&self) -> PathBuf {
        self.data().join("project-sync.db")
    }

    fn sync(&self, text: &str) {
        self.repo.write("README.md", format!("# Notes\n\n{text}\n")).commit(text);
        json(&self.data(), &["sync", self.repo.path().to_str().unwrap()]);
    }

    fn back_up(&self, name: &str) -> PathBuf {
        let file = self.at(name);
        json(&self.data(), &["backup", file.to_str().unwrap()]);
        file
    }

    fn restore(&self, file: &Path) -> Value {
        json(&self.data(), &["restore-backup", file.to_str().unwrap(), "--yes"]).remove(0)
    }

    /// All that is kept, as it is shown.
    fn shown(&self) -> Vec<Value> {
        shown(&self.data())
    }

    #[track_caller]
    fn refuses(&self, arguments: &[&str], code: i32, words: &str) {
        let before = fs::read(self.database()).unwrap();
        let output = run(&self.data(), arguments);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(words), "{arguments:?}: '{words}' is not in: {told}");
        assert!(fs::read(self.database()).unwrap() == before, "{arguments:?}: nothing is changed");
        let left = fs::read_dir(self.folder.path()).unwrap().chain(fs::read_dir(self.data()).unwrap());
        let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().ends_with(".partial")), "{left:?}");
    }
}

/// What the commands show of each sync, each of which is proved.
fn shown(data: &Path) -> Vec<Value> {
    let mut shown = json(data, &["history", "notes"]);
    let numbers: Vec<i64> =
        shown[0].as_array().unwrap().iter().map(|sync| sync["number"].as_i64().unwrap()).collect();
    for number in numbers {
        let at = number.to_string();
        for command in ["verify", "files", "memory"] {
            shown.extend(json(data, &[command, "notes", "--at", &at]));
        }
    }
    shown
}

/// There, back, and forth again.
#[test]
fn a_backup_is_restored() {
    let bench = Bench::new();
    let then = bench.shown();
    let backup = bench.back_up("notes.backup");
    assert_eq!(fs::metadata(&backup).unwrap().permissions().mode() & 0o777, 0o600, "for its owner alone");
    bench.sync("three");
    let now = bench.shown();
    assert_ne!(now, then);
    let restored = bench.restore(&backup);
    assert_eq!(bench.shown(), then, "it is as it was");
    let mode = fs::metadata(bench.database()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "for its owner alone");
    let before = PathBuf::from(restored["before"].as_str().unwrap());
    bench.restore(&before);
    assert_eq!(bench.shown(), now, "what it held before was kept");
    bench.sync("four");
    assert_eq!(bench.shown().len(), 1 + 4 * 3);
}

/// A backup may be made while a sync runs: it holds what was complete, and a sync goes on from it.
#[tokio::test(flavor = "multi_thread")]
async fn a_backup_beside_a_sync() {
    let bench = Bench::new();
    let large = large_repository(&bench.at("large.git"), 300, 600_000, 7);
    let large = Held::new(bench.folder.path(), "large.git", large).await;
    let running = Running::start(&bench.data(), &["sync", &large.source]);
    large.until_held().await;
    let backup = bench.back_up("beside.backup");
    let refused = run(&bench.data(), &["restore-backup", backup.to_str().unwrap(), "--yes"]);
    assert!(String::from_utf8_lossy(&refused.stderr).contains("open in another process"), "{refused:?}");
    large.release();
    assert_eq!(running.finish().0, Some(0));
    let other = bench.at("other");
    let output = run(&other, &["restore-backup", backup.to_str().unwrap(), "--yes"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(shown(&other), bench.shown());
    let synced = json(&other, &["sync", &large.source]).pop().unwrap();
    assert_eq!((&synced["status"], &synced["commit"]), (&"completed".into(), &large.repo.head().into()));
    json(&other, &["verify", "large"]);
}

/// What is refused, and leaves everything as it was.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_backup() {
    let bench = Bench::new();
    let backup = bench.back_up("good");
    let good = backup.to_str().unwrap();
    bench.refuses(&["backup", good], 2, "is there already");
    bench.refuses(&["backup", bench.at("no/such/folder").to_str().unwrap()], 1, "no/such/folder");
    bench.refuses(&["restore-backup", good], 2, "--yes");
    bench.refuses(&["restore-backup", bench.at("none").to_str().unwrap(), "--yes"], 4, "there is no file");
    bench.refuses(&["restore-backup", bench.database().to_str().unwrap(), "--yes"], 2, "the database itself");
    let made = |name: &str| {
        let file = bench.at(name);
        fs::copy(&backup, &file).unwrap();
        file
    };
    let text = bench.at("text");
    fs::write(&text, "no database\n".repeat(500)).unwrap();
    bench.refuses(&["restore-backup", text.to_str().unwrap(), "--yes"], 1, "text");
    let damaged = made("damaged");
    let length = fs::metadata(&damaged).unwrap().len();
    let mut file = fs::OpenOptions::new().write(true).open(&damaged).unwrap();
    file.seek(SeekFrom::Start(8_192)).unwrap();
    file.write_all(&vec![0xa5; usize::try_from(length).unwrap() - 20_000]).unwrap();
    drop(file);
    bench.refuses(&["restore-backup", damaged.to_str().unwrap(), "--yes"], 1, "damaged");
    let orphans =
        changed(made("orphans"), &["INSERT INTO deletion_permits (id) VALUES (1)", "DELETE FROM file_blobs"])
            .await;
    bench.refuses(&["restore-backup", orphans.to_str().unwrap(), "--yes"], 1, "refers to none of file_blobs");
    let foreign = changed(bench.at("foreign"), &["CREATE TABLE tenants (id)"]).await;
    bench.refuses(&["restore-backup", foreign.to_str().unwrap(), "--yes"], 1, "no database of this program");
    let newer = "INSERT INTO schema_history (version, name, checksum, applied_at, duration_ms) \
                 VALUES (9999, 'newer', '', '2026-01-01T00:00:00+00:00', 0)";
    let newer = changed(made("newer"), &[newer]).await;
    bench.refuses(&["restore-backup", newer.to_str().unwrap(), "--yes"], 1, "does not know: 9999_newer");
    let half = made("half");
    fs::write(bench.at("half-wal"), "log").unwrap();
    bench.refuses(&["restore-backup", half.to_str().unwrap(), "--yes"], 1, "there is a log beside it");
}

/// A database in which something was changed behind the program's back.
async fn changed(file: PathBuf, changes: &[&str]) -> PathBuf {
    let url = format!("sqlite:{}", file.display());
    let db = entities::connect(&url, &ConnectOptions::default()).await.unwrap();
    let mut connection = db.pool().get_sqlite_connection_pool().acquire().await.unwrap();
    for sql in ["PRAGMA foreign_keys = OFF"].iter().chain(changes) {
        let sql = sea_orm::sqlx::AssertSqlSafe((*sql).to_owned());
        sea_orm::sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
    drop(connection);
    db.close().await.unwrap();
    file
}

/// While a service runs, or any other program has the database open, it is not replaced.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use() {
    let bench = Bench::new();
    let backup = bench.back_up("good");
    let arguments = ["restore-backup", backup.to_str().unwrap(), "--yes"];
    let mut service = project_sync(&bench.data(), &["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("listening on"), "{line}");
    bench.refuses(&arguments, 1, "open in another process");
    service.kill().unwrap();
    service.wait().unwrap();

    let url = format!("sqlite:{}", bench.database().display());
    let foreign = entities::connect(&url, &ConnectOptions::default()).await.unwrap();
    foreign.pool().execute_unprepared("SELECT 1 FROM tenants").await.unwrap();
    bench.refuses(&arguments, 1, "open in another process");
    foreign.close().await.unwrap();
    bench.restore(&backup);
}

/// A database that cannot be read any more is what backups are for; it is kept all the same.
#[test]
fn a_damaged_database_is_replaced() {
    let bench = Bench::new();
    let then = bench.shown();
    let backup = bench.back_up("good");
    fs::write(bench.database(), "gone").unwrap();
    let restored = bench.restore(&backup);
    assert_eq!(bench.shown(), then);
    assert_eq!(fs::read(restored["before"].as_str().unwrap()).unwrap(), b"gone");
    fs::remove_file(bench.database()).unwrap();
    assert!(bench.restore(&backup).get("before").is_none());
    assert_eq!(bench.shown(), then);
}
