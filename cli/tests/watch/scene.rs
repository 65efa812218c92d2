//! A service, a repository whose host answers when it is told to, and those who watch.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use entities::{SyncId, TenantDb, syncs};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::{
    address::KeptAddress,
    database::{TestDatabase, open_local},
    git_http::{Fault, GitHttp},
    redis::REDIS_VARIABLE,
    repo::{TestRepo, change_files, large_repository},
    server::{server_folder, signal},
    service::{ApiClient, Deployment, Launcher, ServiceProcess},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStderr, ChildStdout, Command},
    time::timeout,
};

/// How long anything that is awaited may take.
const PATIENCE: Duration = Duration::from_secs(60);

const FILES: usize = 200;
const CHANGED: usize = 50;

/// In which form the service runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// In one process, on SQLite.
    Embedded,
    /// As an API, a worker and a gateway, on Postgres and Redis.
    Distributed,
}

/// How it is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// Through its streams.
    Server,
    /// By the database of the settings.
    Direct,
}

/// A service with a project that was synced once.
pub(crate) struct Scene {
    form: Form,
    way: Way,
    repo: TestRepo,
    pub(crate) host: GitHttp,
    pub(crate) project: String,
    rounds: u64,
    deployment: Deployment,
    settings: Vec<(&'static str, String)>,
    /// Answers requests.
    api: Option<ServiceProcess>,
    _worker: Option<ServiceProcess>,
    /// Streams events, where that is a process of its own.
    gateway: Option<ServiceProcess>,
    /// Where events are streamed, whoever does it.
    pub(crate) streams: String,
    _database: Option<TestDatabase>,
    folder: TempDir,
}

impl Scene {
    pub(crate) async fn new(form: Form, way: Way) -> Self {
        // No machine stands still for so long that a worker loses what it runs.
        Self::with_lease(form, way, 30).await
    }

    /// With a lease on syncs of so many seconds.
    pub(crate) async fn with_lease(form: Form, way: Way, seconds: u64) -> Self {
        let folder = server_folder().unwrap();
        let repo = tokio::task::block_in_place(|| {
            large_repository(&folder.path().join("notes.git"), FILES, 2_000 * FILES as u64, 7)
        });
        let host = GitHttp::start(folder.path()).await;
        let mut launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder.path())
            .set("gateway.retry_milliseconds", 50)
            .set("worker.rescue_seconds", 1)
            .set("sync.lease_seconds", seconds);
        let (mut database, mut settings) = (None, Vec::new());
        let redis_url = std::env::var(REDIS_VARIABLE).expect("./test starts a Redis and names it");
        if form == Form::Distributed {
            let made = TestDatabase::postgres().await;
            settings = vec![
                ("database.url", made.url().to_owned()),
                ("queue.redis_url", redis_url.clone()),
                ("queue.prefix", format!("watch-{}", SyncId::generate())),
            ];
            database = Some(made);
            for (key, value) in &settings {
                launcher = launcher.set(key, value);
            }
        }
        let postgres_url = database.as_ref().map_or(String::new(), |database| database.url().to_owned());
        let deployment = Deployment { launcher, postgres_url, redis_url };
        let data = folder.path().join("data");
        let (api, worker, gateway) = match form {
            Form::Embedded => (deployment.launcher.embedded(&data).await, None, None),
            Form::Distributed => {
                let (api, gateway) = (deployment.api().await, deployment.gateway().await);
                (api, Some(deployment.worker().await), Some(gateway))
            }
        };
        let streams = gateway.as_ref().unwrap_or(&api).url().to_owned();
        let mut scene = Self {
            form,
            way,
            repo,
            host,
            project: String::new(),
            rounds: 0,
            deployment,
            settings,
            api: Some(api),
            _worker: worker,
            gateway,
            streams,
            _database: database,
            folder,
        };
        scene.project = scene.client().create_project("notes", &scene.host.url("notes.git")).await;
        let first = scene.client().start_sync(&scene.project, &json!({})).await;
        scene.client().wait_until_ended(&first.id).await;
        scene
    }

    pub(crate) fn client(&self) -> ApiClient {
        self.api.as_ref().unwrap().client()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) async fn pause(&self) {
        self.client().must(Method::POST, "/api/v1/admin/queue/pause", Some(&json!({})), &[200]).await;
    }

    pub(crate) async fn resume(&self) {
        self.client().must(Method::POST, "/api/v1/admin/queue/resume", Some(&json!({})), &[200]).await;
    }

    /// Moves the branch and asks for a sync.
    pub(crate) async fn start(&mut self) -> String {
        self.rounds += 1;
        tokio::task::block_in_place(|| change_files(&self.repo, CHANGED, self.rounds));
        let started = self.client().start_sync(&self.project, &json!({})).await;
        assert!(started.is_new);
        started.id
    }

    /// Lets the next sync stand still when it wants the content.
    pub(crate) fn hold(&self) {
        for fault in [Fault::Pass, Fault::Pass, Fault::Hold] {
            self.host.push_fault(fault);
        }
    }

    /// Kills what streams, lets something happen meanwhile, and starts it again where it was.
    pub(crate) async fn replace_streamer(&mut self, meanwhile: impl AsyncFnOnce(&Self)) {
        let process = match self.form {
            Form::Embedded => self.api.take(),
            Form::Distributed => self.gateway.take(),
        };
        let process = process.unwrap();
        let address = process.address().to_owned();
        process.kill_9().await;
        // Nobody else is to get it until the next one does.
        let _kept = KeptAddress::at(address.parse().unwrap()).unwrap();
        meanwhile(self).await;
        match self.form {
            Form::Embedded => {
                self.api = Some(self.deployment.launcher.embedded_at(&self.data(), &address).await);
            }
            Form::Distributed => self.gateway = Some(self.deployment.gateway_at(&address).await),
        }
    }

    /// Where requests are answered.
    pub(crate) fn api_url(&self) -> String {
        self.api.as_ref().unwrap().url().to_owned()
    }

    /// Another service, of its own, that wants a token.
    pub(crate) async fn guarded(&self, token: &str) -> ServiceProcess {
        // What the other processes said is kept in files of the same names.
        let folder = self.folder.path().join("guarded");
        std::fs::create_dir(&folder).unwrap();
        let launcher = Launcher::new(env!("CARGO_BIN_EXE_project-sync"), &folder).set("api.token", token);
        launcher.embedded(&folder.join("data")).await
    }

    /// Takes the repository away.
    pub(crate) fn forget_repository(&self) {
        std::fs::remove_dir_all(self.repo.path()).unwrap();
    }

    async fn db(&self) -> TenantDb {
        let url = match self.form {
            Form::Distributed => self.deployment.postgres_url.clone(),
            Form::Embedded => format!("sqlite:{}", self.data().join("project-sync.db").display()),
        };
        open_local(&url).await
    }

    /// The events of a sync as they are kept.
    pub(crate) async fn kept(&self, sync: &str) -> Vec<Value> {
        let db = self.db().await;
        let rows = syncs::events(&db, sync.parse().unwrap(), 0, u64::from(u32::MAX)).await.unwrap();
        db.database().close().await.unwrap();
        rows.into_iter().map(|row| row.payload).collect()
    }

    /// `watch`, as this scene does it.
    pub(crate) fn watch(&self, what: &str, more: &[&str]) -> Watcher {
        let mut command = command(&self.data(), &[&["watch", what], more].concat());
        match self.way {
            Way::Server => drop(command.args(["--server", &self.streams])),
            Way::Direct => {
                for (key, value) in &self.settings {
                    command.env(format!("PROJECT_SYNC__{}", key.to_uppercase().replace('.', "__")), value);
                }
            }
        }
        Watcher::start(command)
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

/// A `watch` that runs.
pub(crate) struct Watcher {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    printed: Vec<String>,
    errors: BufReader<ChildStderr>,
    /// What it said on standard error so far.
    told: String,
}

/// What became of it.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) code: Option<i32>,
    pub(crate) printed: Vec<String>,
    pub(crate) told: String,
}

impl Watcher {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let errors = BufReader::new(child.stderr.take().unwrap());
        Self { child, lines, printed: Vec::new(), errors, told: String::new() }
    }

    /// Waits until it says anything to people.
    pub(crate) async fn until_it_tells(&mut self) {
        let reading = timeout(PATIENCE, self.errors.read_line(&mut self.told)).await;
        assert!(reading.is_ok_and(|read| read.unwrap() > 0), "it says nothing: {}", self.told);
    }

    /// Waits for a message.
    pub(crate) async fn until(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let wanted = async {
            while let Some(line) = self.lines.next_line().await.unwrap() {
                let message: Value = serde_json::from_str(&line).unwrap();
                self.printed.push(line);
                if is_wanted(&message) {
                    return Some(message);
                }
            }
            None
        };
        let found = timeout(PATIENCE, wanted).await;
        found.ok().flatten().unwrap_or_else(|| panic!("that message does not come: {:#?}", self.printed))
    }

    pub(crate) async fn until_event(&mut self, name: &str) -> Value {
        self.until(|message| message["event"] == name).await
    }

    pub(crate) fn interrupt(&self) {
        signal(self.child.id().unwrap(), "INT");
    }

    /// Waits for its end.
    pub(crate) async fn finish(mut self) -> Watched {
        let mut told = std::mem::take(&mut self.told);
        let ended = async {
            let reading = self.errors.read_to_string(&mut told);
            let printing = async {
                while let Some(line) = self.lines.next_line().await.unwrap() {
                    self.printed.push(line);
                }
            };
            let (read, ()) = tokio::join!(reading, printing);
            read.unwrap();
            self.child.wait().await.unwrap().code()
        };
        let code = timeout(PATIENCE, ended).await.expect("it does not end");
        assert!(!told.contains("panicked"), "{told}");
        Watched { code, printed: self.printed, told }
    }
}

impl Watched {
    pub(crate) fn messages(&self) -> Vec<Value> {
        self.printed.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Checks that a sync was told as it is kept: a snapshot, and then every event after it once and in order.
    #[track_caller]
    pub(crate) fn tells(&self, kept: &[Value]) -> Value {
        let messages = self.messages();
        let (snapshot, rest) = messages.split_first().unwrap_or_else(|| panic!("nothing came: {self:?}"));
        assert_eq!(snapshot["event"], "snapshot", "{self:?}");
        let seen = snapshot["data"]["seq"].as_u64().unwrap();
        assert_eq!(snapshot["id"], seen.to_string().as_str());
        let told: Vec<&Value> = rest.iter().map(|message| &message["data"]).collect();
        let expected: Vec<&Value> = kept.iter().skip(seen as usize).collect();
        assert_eq!(told, expected);
        for message in rest {
            assert_eq!(message["event"], message["data"]["type"]);
            assert_eq!(message["id"], message["data"]["seq"].to_string().as_str());
        }
        snapshot["data"].clone()
    }
}
