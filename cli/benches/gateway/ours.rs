//! The gateway: the real process over Postgres and Redis.

use std::{
    env,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bus::{Dispatcher, QueueSettings, RedisProgressBus, RedisQueue};
use chrono::Utc;
use entities::{
    SourceSpec, SyncId, SyncTrigger,
    projects::{self, ConnectedProject},
    syncs::NewSync,
};
use testkit::{
    database::{open_local, prepared},
    postgres::PrivatePostgres,
    redis::PrivateRedis,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{ChildStdout, Command},
    time::timeout,
};

use crate::server::{Publisher, Running, Server};

/// How long the gateway may take to get ready.
const PATIENCE: Duration = Duration::from_secs(30);

/// Far above what is measured.
const MAX_STREAMS: &str = "1000000";

/// Servers, and a project whose syncs are the topics.
pub struct Ours {
    folder: PathBuf,
    postgres: PrivatePostgres,
    redis: PrivateRedis,
    redis_process: Option<u32>,
    dispatcher: Dispatcher,
    bus: RedisProgressBus,
    project: ConnectedProject,
    /// Branches that were made: each has one sync.
    branches: AtomicUsize,
}

impl Ours {
    /// Starts Postgres and Redis. The error says why that cannot be.
    pub async fn open(folder: &Path) -> Result<Self, String> {
        let postgres = PrivatePostgres::start(&folder.join("postgres")).map_err(|error| error.to_string())?;
        let redis = PrivateRedis::start(&folder.join("redis")).map_err(|error| error.to_string())?;
        let settings = QueueSettings { redis_url: Some(redis.url()), ..Default::default() };
        let db = open_local(&prepared(&postgres.url()).await).await;
        let source = SourceSpec::Git { url: "https://git.invalid/bench.git".to_owned() };
        let project = projects::create(&db, "bench", &source, Utc::now()).await.unwrap();
        let queue = Arc::new(RedisQueue::connect(&settings).await.unwrap());
        let bus = RedisProgressBus::connect(&settings).await.unwrap();
        let dispatcher = Dispatcher { db: db.database(), queue, progress: Arc::new(bus.clone()) };
        Ok(Self {
            folder: folder.to_owned(),
            redis_process: process_of(&redis),
            postgres,
            redis,
            dispatcher,
            bus,
            project,
            branches: AtomicUsize::new(0),
        })
    }

    /// Starts a gateway, and makes syncs that wait.
    pub async fn start(&self, topics: usize) -> Result<Server, String> {
        let mut syncs = Vec::with_capacity(topics);
        for _ in 0..topics {
            syncs.push(self.ask().await);
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_project-sync"));
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("PROJECT_SYNC")) {
                command.env_remove(name);
            }
        }
        let log = self.folder.join("gateway.log");
        let errors = File::create(&log).map_err(|error| error.to_string())?;
        command.args(["gateway", "--listen", "127.0.0.1:0"]);
        command.env_remove("RUST_LOG").env("HOME", &self.folder).env("XDG_CONFIG_HOME", &self.folder);
        command.env("PROJECT_SYNC__DATABASE__URL", self.postgres.url());
        command.env("PROJECT_SYNC__QUEUE__REDIS_URL", self.redis.url());
        command.env("PROJECT_SYNC__GATEWAY__MAX_STREAMS", MAX_STREAMS);
        command.env("PROJECT_SYNC__GATEWAY__STREAMS_PER_CLIENT", MAX_STREAMS);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let output = child.stdout.take().map(BufReader::new);
        let process = Running::new(child);
        let address = timeout(PATIENCE, address(output)).await.ok().flatten();
        let ended = || format!("no address: {}", std::fs::read_to_string(&log).unwrap_or_default().trim());
        let address = address.and_then(|text| text.parse().ok()).ok_or_else(ended)?;
        Ok(Server {
            process,
            address,
            paths: syncs.iter().map(|sync| format!("/api/v1/events/project-sync/{sync}")).collect(),
            topics: syncs,
            has_snapshots: true,
            publisher: Publisher::Bus(self.bus.clone()),
            helper: self.redis_process,
        })
    }

    /// A sync that nobody runs.
    async fn ask(&self) -> SyncId {
        let (db, number) = (
            &self.dispatcher.db.tenant(self.project.project.tenant_id),
            self.branches.fetch_add(1, Ordering::Relaxed),
        );
        let name = format!("branch-{number}");
        let branch = projects::ensure_branch(db, &self.project.repository, &name, Utc::now()).await.unwrap();
        let new = NewSync { trigger: SyncTrigger::Cli, forced: false, restore_seq: None, trace_parent: None };
        self.dispatcher.request(&branch, new, false, Utc::now()).await.unwrap().sync.id
    }
}

/// Where the gateway says that it listens. Whatever else it says is read and left.
async fn address(output: Option<BufReader<ChildStdout>>) -> Option<String> {
    let mut lines = output?.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some(url) = line.strip_prefix("listening on http://") {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return Some(url.trim_end_matches('/').to_owned());
        }
    }
    None
}

fn process_of(redis: &PrivateRedis) -> Option<u32> {
    let mut connection = redis::Client::open(redis.url()).ok()?.get_connection().ok()?;
    let info: redis::InfoDict = redis::cmd("INFO").arg("server").query(&mut connection).ok()?;
    info.get("process_id")
}
