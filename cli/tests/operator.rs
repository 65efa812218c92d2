//! The operator's commands as people type them: on the database, and through a service that runs; in one process, and on
//! servers that processes share. One list of scenarios for all of these.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use chrono::Utc;
use entities::{
    Branch, ConnectOptions, DeadJobId, SyncId, SyncTrigger, projects,
    queue::{self, NewDeadJob},
    syncs::{self, NewSync},
};
use sea_orm::DatabaseConnection;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::TestDatabase,
    redis::REDIS_VARIABLE,
    repo::TestRepo,
    service::{Launcher, ServiceProcess},
};

/// A lease that no test outlives.
const LEASE: Duration = Duration::from_secs(600);

/// Two projects, with jobs in every state but running, the queue paused. A service may run on it.
struct Scene {
    folder: TempDir,
    notes: TestRepo,
    /// A completed sync of `notes`.
    done: SyncId,
    /// A sync of `notes` that waits.
    waiting: SyncId,
    /// A sync of `other` that failed and is dead.
    failed: SyncId,
    /// What tells so in the dead set.
    dead: DeadJobId,
    /// A message that is no job, in the dead set.
    broken: DeadJobId,
    /// Answers, if the commands are to go through it.
    server: Option<ServiceProcess>,
    /// The servers, if everything is on Postgres and Redis.
    shared: Option<Shared>,
}

/// A database of Postgres and a queue in Redis, of this test alone.
struct Shared {
    database: TestDatabase,
    settings: Vec<(&'static str, String)>,
}

impl Shared {
    async fn new() -> Self {
        let database = TestDatabase::postgres().await;
        let redis = std::env::var(REDIS_VARIABLE).expect("./test starts a Redis and names it");
        let settings = vec![
            ("database.url", database.url().to_owned()),
            ("queue.redis_url", redis),
            ("queue.prefix", format!("operator-{}", SyncId::generate())),
        ];
        Self { database, settings }
    }
}

/// Through what the commands reach the jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Direct,
    Server,
    SharedDirect,
    SharedServer,
}

impl Scene {
    async fn new(way: Way) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [notes, other] = ["notes", "other"].map(|name| {
            let repo = TestRepo::bare_at(&folder.path().join(name));
            repo.write("README.md", "# Title\n\ntext\n").commit("one");
            repo
        });
        let (id, dead) = (SyncId::generate(), DeadJobId::generate());
        let mut scene = Self {
            folder,
            notes,
            done: id,
            waiting: id,
            failed: id,
            dead,
            broken: dead,
            server: None,
            shared: None,
        };
        if matches!(way, Way::SharedDirect | Way::SharedServer) {
            scene.shared = Some(Shared::new().await);
        }
        let first = scene.json(&["sync", scene.notes.path().to_str().unwrap()]);
        scene.done = first["id"].as_str().unwrap().parse().unwrap();
        scene.json(&["sync", other.path().to_str().unwrap()]);
        scene.fill().await;
        assert_eq!(scene.json(&["queue", "pause", "--reason", "maintenance"]), json!({ "changed": true }));
        if matches!(way, Way::Server | Way::SharedServer) {
            let mut launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), scene.folder.path());
            for (key, value) in scene.shared.iter().flat_map(|shared| &shared.settings) {
                launcher = launcher.set(key, value);
            }
            scene.server = Some(launcher.embedded(&scene.data()).await);
        }
        scene
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    async fn db(&self) -> DatabaseConnection {
        let url = match &self.shared {
            Some(shared) => shared.database.url().to_owned(),
            None => format!("sqlite:{}", self.data().join("project-sync.db").display()),
        };
        entities::connect(&url, &ConnectOptions::default()).await.unwrap()
    }

    /// Makes the jobs that commands alone do not leave behind.
    async fn fill(&mut self) {
        let db = self.db().await;
        let branch = async |name: &str| -> Branch {
            let tenant = projects::ensure_tenant(&db, projects::LOCAL_TENANT, Utc::now()).await.unwrap();
            let project = projects::find(&db, tenant, name).await.unwrap().unwrap();
            projects::branches(&db, &project.repository).await.unwrap().remove(0)
        };
        let new = NewSync { trigger: SyncTrigger::Api, forced: true, restore_seq: None, trace_parent: None };
        let failed =
            syncs::request(&db, &branch("other").await, new.clone(), false, Utc::now()).await.unwrap().sync;
        let claimed = syncs::claim(&db, failed.id, "a worker", Utc::now(), LEASE).await.unwrap();
        let syncs::ClaimOutcome::Claimed(claim) = claimed else { panic!("{claimed:?}") };
        let ending = syncs::Ending::Failed { code: "unreachable".into(), message: "away\x1b[2J".into() };
        assert!(syncs::finish(&db, &claim, &ending, &Default::default(), Utc::now()).await.unwrap());
        let bury = async |sync, payload: Option<&str>, code: &str| {
            let payload = payload.map(str::to_owned);
            let message = "given up".to_owned();
            let new = NewDeadJob { sync, payload, code: code.to_owned(), message, attempts: 3 };
            queue::bury(&db, new, Utc::now()).await.unwrap().id
        };
        self.failed = failed.id;
        self.dead = bury(Some((failed.tenant_id, failed.id)), None, "unreachable").await;
        self.broken = bury(None, Some("{]"), "broken-payload").await;
        let waiting = syncs::request(&db, &branch("notes").await, new, false, Utc::now()).await.unwrap();
        self.waiting = waiting.sync.id;
        db.close().await.unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = command(&self.data(), args);
        if let Some(server) = &self.server
            && matches!(args[0], "jobs" | "queue" | "dead" | "doctor")
        {
            command.args(["--server", server.url()]);
            // That the service is asked shows in that nothing else is known.
            return command;
        }
        for (key, value) in self.shared.iter().flat_map(|shared| &shared.settings) {
            command.env(format!("PROJECT_SYNC__{}", key.to_uppercase().replace('.', "__")), value);
        }
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must end with this code, and gives what it printed.
    #[track_caller]
    fn exits(&self, args: &[&str], code: i32) -> (String, String) {
        let output = self.run(args);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stdout}{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        (stdout, stderr)
    }

    /// The last value that a command prints as JSON, which must end well.
    #[track_caller]
    fn json(&self, args: &[&str]) -> Value {
        let (stdout, _) = self.exits(&[args, &["-o", "json"]].concat(), 0);
        let values = serde_json::Deserializer::from_str(&stdout).into_iter().map(Result::unwrap);
        values.last().unwrap_or_else(|| panic!("{args:?} printed nothing"))
    }

    /// The ids of the jobs that a list shows.
    #[track_caller]
    fn listed(&self, args: &[&str]) -> Vec<String> {
        let listed = self.json(&[&["jobs", "ls"], args].concat());
        listed.as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    fn status(&self, id: SyncId) -> String {
        self.json(&["jobs", "show", &id.to_string()])["status"].as_str().unwrap().to_owned()
    }
}

/// A command that no setting of the machine reaches.
fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PROJECT_SYNC") {
            command.env_remove(name);
        }
    }
    command.env("HOME", data.parent().unwrap()).env_remove("XDG_CONFIG_HOME").env_remove("RUST_LOG");
    command.args(args).arg("--data").arg(data).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn ids(ids: &[SyncId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Runs each scenario in each way.
macro_rules! on_each_way {
    ($($name:ident)+) => {$(
        mod $name {
            use super::{Scene, Way};

            #[tokio::test(flavor = "multi_thread")]
            async fn direct() { super::$name(Scene::new(Way::Direct).await); }

            #[tokio::test(flavor = "multi_thread")]
            async fn server() { super::$name(Scene::new(Way::Server).await); }

            #[tokio::test(flavor = "multi_thread")]
            async fn shared_direct() { super::$name(Scene::new(Way::SharedDirect).await); }

            #[tokio::test(flavor = "multi_thread")]
            async fn shared_server() { super::$name(Scene::new(Way::SharedServer).await); }
        }
    )+};
}

on_each_way! {
    jobs_are_listed_by_filters
    a_job_is_shown
    many_jobs_are_changed_only_on_demand
    named_jobs_are_changed_at_once
    the_queue_is_paused_and_resumed
    the_dead_are_listed_repeated_and_removed
    a_job_is_watched_to_its_end
    the_doctor_tells_what_to_do
}

fn jobs_are_listed_by_filters(scene: Scene) {
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

fn a_job_is_shown(scene: Scene) {
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

fn many_jobs_are_changed_only_on_demand(scene: Scene) {
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

fn named_jobs_are_changed_at_once(scene: Scene) {
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

fn the_queue_is_paused_and_resumed(scene: Scene) {
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

fn the_dead_are_listed_repeated_and_removed(scene: Scene) {
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

fn a_job_is_watched_to_its_end(scene: Scene) {
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

fn the_doctor_tells_what_to_do(scene: Scene) {
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

/// The address and the token of a service: what is wrong with them is told, the token never.
#[tokio::test(flavor = "multi_thread")]
async fn services_are_reached_with_their_token() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let launcher =
        Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path()).set("api.token", "the-token");
    let server = launcher.embedded(&data).await;
    let file = folder.path().join("token");
    let tried = |token: Option<&str>, args: &[&str]| {
        let mut command = command(&data, &[&["jobs", "ls", "-vvv"], args].concat());
        command.env("PROJECT_SYNC_SERVER", server.url());
        if let Some(token) = token {
            command.env("PROJECT_SYNC_SERVER_TOKEN", token);
        }
        let output = command.output().unwrap();
        let told = text(&output.stderr);
        assert!(!told.contains("the-token"), "the token shows: {told}");
        (output.status.code(), told)
    };
    assert_eq!(tried(Some("the-token"), &[]).0, Some(0));
    std::fs::write(&file, "the-token\n").unwrap();
    let file = file.to_str().unwrap();
    assert_eq!(tried(None, &["--server-token-file", file]).0, Some(0));
    assert_eq!(tried(Some("wrong"), &["--server-token-file", file]).0, Some(0), "the file wins");
    for token in [None, Some("wrong")] {
        let (code, told) = tried(token, &[]);
        assert_eq!(code, Some(1));
        assert!(told.contains("--server-token-file"), "{told}");
    }
    let (code, told) = tried(None, &["--server", "http://127.0.0.1:9"]);
    assert!(code == Some(3) && told.contains("cannot reach http://127.0.0.1:9"), "{told}");
    assert_eq!(tried(None, &["--server", "http://user:the-token@127.0.0.1:9"]).0, Some(2));
    assert_eq!(tried(None, &["--server", "127.0.0.1:9"]).0, Some(2));
    assert_eq!(tried(None, &["--server-token-file", "/no/such/file"]).0, Some(1));
}
