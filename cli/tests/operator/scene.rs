//! What the commands are run on.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    time::Duration,
};

use bus::ProgressEvent;
use chrono::Utc;
use entities::{
    Branch, DeadJobId, ProjectSync, SyncId, SyncTrigger, TenantDb, projects,
    queue::{self, NewDeadJob},
    syncs::{self, NewSync},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    database::{TestDatabase, open_local},
    redis::REDIS_VARIABLE,
    repo::TestRepo,
    service::{Launcher, ServiceProcess},
};

/// A lease that no test outlives.
const LEASE: Duration = Duration::from_secs(600);

/// Two projects, with jobs in every state but running, the queue paused. A service may run on it.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) notes: TestRepo,
    /// A completed sync of `notes`.
    pub(crate) done: SyncId,
    /// A sync of `notes` that waits.
    pub(crate) waiting: SyncId,
    /// A sync of `other` that failed and is dead.
    pub(crate) failed: SyncId,
    /// What tells so in the dead set.
    pub(crate) dead: DeadJobId,
    /// A message that is no job, in the dead set.
    pub(crate) broken: DeadJobId,
    /// Answers, if the commands are to go through it.
    pub(crate) server: Option<ServiceProcess>,
    /// The servers, if everything is on Postgres and Redis.
    pub(crate) shared: Option<Shared>,
}

/// A database of Postgres and a queue in Redis, of this test alone.
pub(crate) struct Shared {
    database: TestDatabase,
    settings: Vec<(&'static str, String)>,
}

impl Shared {
    pub(crate) async fn new() -> Self {
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
pub(crate) enum Way {
    Direct,
    Server,
    SharedDirect,
    SharedServer,
}

impl Scene {
    pub(crate) async fn new(way: Way) -> Self {
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
            // Whether it is asked who comes is not what is tried here.
            launcher = launcher.set("api.access", "open");
            for (key, value) in scene.shared.iter().flat_map(|shared| &shared.settings) {
                launcher = launcher.set(key, value);
            }
            scene.server = Some(launcher.embedded(&scene.data()).await);
        }
        scene
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) async fn db(&self) -> TenantDb {
        let url = match &self.shared {
            Some(shared) => shared.database.url().to_owned(),
            None => format!("sqlite:{}", self.data().join("project-sync.db").display()),
        };
        open_local(&url).await
    }

    /// Makes the jobs that commands alone do not leave behind.
    pub(crate) async fn fill(&mut self) {
        let db = self.db().await;
        let branch = async |name: &str| -> Branch {
            let project = projects::find(&db, name).await.unwrap().unwrap();
            projects::branches(&db, &project.repository).await.unwrap().remove(0)
        };
        let new = NewSync { trigger: SyncTrigger::Api, forced: true, restore_seq: None, trace_parent: None };
        let request = async |branch: Branch| {
            let first = |sync: &ProjectSync| ProgressEvent::queued(sync, &branch.name).to_row(sync.tenant_id);
            syncs::request(&db, &branch, new.clone(), false, Utc::now(), first).await.unwrap().sync
        };
        let failed = request(branch("other").await).await;
        let claimed = syncs::claim(&db, failed.id, "a worker", Utc::now(), LEASE).await.unwrap();
        let syncs::ClaimOutcome::Claimed(claim) = claimed else { panic!("{claimed:?}") };
        let ending = syncs::Ending::Failed { code: "unreachable".into(), message: "away\x1b[2J".into() };
        assert!(syncs::finish(&db, &claim, &ending, &Default::default(), Utc::now()).await.unwrap());
        let bury = async |sync, payload: Option<&str>, code: &str| {
            let payload = payload.map(str::to_owned);
            let message = "given up".to_owned();
            let new = NewDeadJob { sync, payload, code: code.to_owned(), message, attempts: 3 };
            queue::bury(&db.database().system(), new, Utc::now()).await.unwrap().id
        };
        self.failed = failed.id;
        self.dead = bury(Some((failed.tenant_id, failed.id)), None, "unreachable").await;
        self.broken = bury(None, Some("{]"), "broken-payload").await;
        self.waiting = request(branch("notes").await).await.id;
        db.database().close().await.unwrap();
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
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

    pub(crate) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must end with this code, and gives what it printed.
    #[track_caller]
    pub(crate) fn exits(&self, args: &[&str], code: i32) -> (String, String) {
        let output = self.run(args);
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {stdout}{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        (stdout, stderr)
    }

    /// The last value that a command prints as JSON, which must end well.
    #[track_caller]
    pub(crate) fn json(&self, args: &[&str]) -> Value {
        let (stdout, _) = self.exits(&[args, &["-o", "json"]].concat(), 0);
        let values = serde_json::Deserializer::from_str(&stdout).into_iter().map(Result::unwrap);
        values.last().unwrap_or_else(|| panic!("{args:?} printed nothing"))
    }

    /// The ids of the jobs that a list shows.
    #[track_caller]
    pub(crate) fn listed(&self, args: &[&str]) -> Vec<String> {
        let listed = self.json(&[&["jobs", "ls"], args].concat());
        listed.as_array().unwrap().iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    pub(crate) fn status(&self, id: SyncId) -> String {
        self.json(&["jobs", "show", &id.to_string()])["status"].as_str().unwrap().to_owned()
    }
}

/// A command that no setting of the machine reaches.
pub(crate) fn command(data: &Path, args: &[&str]) -> Command {
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

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn ids(ids: &[SyncId]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
