//! The servers and the program of one test.

use std::{net::SocketAddr, path::Path, time::Duration};

use entities::TenantDb;
use tempfile::TempDir;
use testkit::{
    database::{open_local, prepared},
    postgres::PrivatePostgres,
    redis::PrivateRedis,
    server::server_folder,
    service::{Deployment, Launcher, ServiceProcess},
};

/// How long anything that is awaited may take, unless a test says otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// The pause between two looks at what other processes do.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// The lease on a sync and on a job of a real worker, in seconds.
const LEASE_SECONDS: u64 = 2;

/// The program with settings under which little is waited for, and all clients of a test may come from one address.
fn launcher(folder: &Path) -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder)
        .set("sync.lease_seconds", LEASE_SECONDS)
        .set("queue.lease_seconds", LEASE_SECONDS)
        .set("source.retry_first_delay_ms", 50)
        .set("worker.rescue_seconds", 1)
        .set("worker.max_attempts", 100)
        .set("gateway.streams_per_client", 10_000)
        .set("gateway.retry_milliseconds", 1_000)
        .set("telemetry.log_filter", "info,project_sync_gateway=debug,project_sync_bus=debug")
}

/// The parts of a service on servers of a test's own.
pub(crate) struct Stage {
    pub(crate) deployment: Deployment,
    pub(crate) db: TenantDb,
    pub(crate) redis: PrivateRedis,
    _postgres: PrivatePostgres,
    folder: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|launcher| launcher).await
    }

    /// With more settings.
    pub(crate) async fn with(settings: impl FnOnce(Launcher) -> Launcher) -> Self {
        // A test has as many connections as its clients.
        rlimit::increase_nofile_limit(u64::MAX).unwrap();
        let folder = server_folder().unwrap();
        let postgres = PrivatePostgres::start(&folder.path().join("postgres")).unwrap();
        let redis = PrivateRedis::start(&folder.path().join("redis")).unwrap();
        let postgres_url = prepared(&postgres.url()).await;
        let db = open_local(&postgres_url).await;
        let launcher = settings(launcher(folder.path()));
        let deployment = Deployment { launcher, postgres_url, redis_url: redis.url() };
        Self { deployment, db, redis, _postgres: postgres, folder }
    }

    /// The folder of everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Says something to Redis.
    pub(crate) async fn redis(&self, words: &[&str]) {
        let client = redis::Client::open(self.redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let mut command = redis::cmd(words[0]);
        command.arg(&words[1..]);
        let _: redis::Value = command.query_async(&mut connection).await.unwrap();
    }

    /// Cuts everybody off who listens to Redis.
    pub(crate) async fn cut_off_listeners(&self) {
        self.redis(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
    }
}

/// The service in one process, without servers.
pub(crate) struct Embedded {
    pub(crate) process: ServiceProcess,
    pub(crate) db: TenantDb,
    launcher: Launcher,
    folder: TempDir,
}

impl Embedded {
    pub(crate) async fn new() -> Self {
        rlimit::increase_nofile_limit(u64::MAX).unwrap();
        let folder = server_folder().unwrap();
        let data = folder.path().join("data");
        // Its own worker takes no sync from the author.
        let launcher = launcher(folder.path()).set("worker.rescue_seconds", 3_600);
        let process = launcher.embedded(&data).await;
        let url = format!("sqlite:{}", data.join("project-sync.db").display());
        let db = open_local(&url).await;
        Self { process, db, launcher, folder }
    }

    /// The folder of everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts another process beside the first one, which is given back.
    pub(crate) async fn replace(&mut self) -> ServiceProcess {
        let next = self.launcher.embedded(&self.folder.path().join("data")).await;
        std::mem::replace(&mut self.process, next)
    }
}

/// Where a process takes requests.
pub(crate) fn address(process: &ServiceProcess) -> SocketAddr {
    process.url().strip_prefix("http://").unwrap().parse().unwrap()
}

/// Lets something that takes a while, such as starting a server, not keep other tasks from running.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}
