//! The servers, the program and the repositories of one test.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use bus::{QueueSettings, RedisQueue, queue::JobQueue};
use entities::{ProjectSync, SyncEvent, SyncStatus, TenantDb, syncs};
use tempfile::TempDir;
use testkit::{
    database::{open_local, prepared},
    postgres::PrivatePostgres,
    redis::PrivateRedis,
    repo::{TestRepo, large_repository},
    server::server_folder,
    service::{Deployment, Launcher},
};

/// The lease on a sync and on a job, in seconds: short, so that little is waited for.
pub(crate) const LEASE_SECONDS: u64 = 2;

/// The lease on a sync where no worker is lost, in seconds: a machine that stands still for a while takes none.
pub(crate) const LONG_LEASE_SECONDS: u64 = 30;

/// Seconds between two looks for what was lost.
pub(crate) const RESCUE_SECONDS: u64 = 1;

/// How long anything that is awaited may take, unless a test says otherwise.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The pause between two looks at what other processes do.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// The program with settings under which little is waited for.
pub(crate) fn launcher(folder: &Path) -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder)
        .set("sync.lease_seconds", LEASE_SECONDS)
        .set("sync.retry_first_delay_ms", 50)
        .set("source.retry_first_delay_ms", 50)
        .set("queue.lease_seconds", LEASE_SECONDS)
        .set("worker.rescue_seconds", RESCUE_SECONDS)
        .set("worker.retry_first_delay_seconds", 1)
        .set("worker.retry_max_delay_seconds", 2)
        // What is tested is that a fault does no harm, not how many of them a sync survives.
        .set("worker.max_attempts", 100)
        .set("telemetry.log_filter", "info,project_sync_worker=debug,project_sync_bus=debug")
}

/// Servers of a test's own, and what runs on them.
pub(crate) struct Stage {
    pub(crate) deployment: Deployment,
    pub(crate) db: TenantDb,
    pub(crate) postgres: PrivatePostgres,
    pub(crate) redis: PrivateRedis,
    folder: TempDir,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(|launcher| launcher).await
    }

    /// One on which no worker is lost: each keeps what it runs, however slow the machine is.
    pub(crate) async fn without_losses(settings: impl FnOnce(Launcher) -> Launcher) -> Self {
        Self::with(|launcher| settings(launcher.set("sync.lease_seconds", LONG_LEASE_SECONDS))).await
    }

    /// With more settings.
    pub(crate) async fn with(settings: impl FnOnce(Launcher) -> Launcher) -> Self {
        let folder = server_folder().unwrap();
        let postgres = PrivatePostgres::start(&folder.path().join("postgres")).unwrap();
        let redis = PrivateRedis::start(&folder.path().join("redis")).unwrap();
        let postgres_url = prepared(&postgres.url()).await;
        let db = open_local(&postgres_url).await;
        let launcher = settings(launcher(folder.path()));
        let deployment = Deployment { launcher, postgres_url, redis_url: redis.url() };
        Self { deployment, db, postgres, redis, folder }
    }

    /// A repository with this many files, about two kilobytes each.
    pub(crate) fn repository(&self, name: &str, files: usize) -> TestRepo {
        let path = self.folder.path().join(format!("{name}.git"));
        blocking(|| large_repository(&path, files, 2_000 * files as u64, 7))
    }

    /// The folder of everything.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A sync's row.
    pub(crate) async fn row(&self, id: &str) -> ProjectSync {
        syncs::get(&self.db, id.parse().unwrap()).await.unwrap().unwrap_or_else(|| panic!("no sync {id}"))
    }

    /// Waits until a sync's row is as wanted. A database that is away for the moment is waited for, too.
    pub(crate) async fn until(&self, id: &str, is_wanted: impl Fn(&ProjectSync) -> bool) -> ProjectSync {
        let deadline = Instant::now() + PATIENCE;
        let mut last = None;
        while Instant::now() < deadline {
            if let Ok(Some(row)) = syncs::get(&self.db, id.parse().unwrap()).await {
                if is_wanted(&row) {
                    return row;
                }
                last = Some(row);
            }
            tokio::time::sleep(POLL).await;
        }
        panic!("sync {id} does not get there: {last:#?}");
    }

    /// Waits until a sync has ended.
    pub(crate) async fn ended(&self, id: &str) -> ProjectSync {
        self.until(id, |row| row.status.is_terminal()).await
    }

    /// Waits until a sync has completed; that it ends otherwise is an error.
    pub(crate) async fn completed(&self, id: &str) -> ProjectSync {
        let row = self.ended(id).await;
        assert_eq!(row.status, SyncStatus::Completed, "{row:#?}");
        row
    }

    /// Waits until `worker` runs a sync.
    pub(crate) async fn run_by(&self, id: &str, worker: &str) -> ProjectSync {
        self.until(id, |row| row.status == SyncStatus::Running && row.worker.as_deref() == Some(worker)).await
    }

    /// All that is stored of one sync: what a worker that lost it must not change.
    pub(crate) async fn all_of(&self, id: &str) -> (ProjectSync, Vec<SyncEvent>) {
        let row = self.row(id).await;
        let events = syncs::events(&self.db, row.id, 0, u64::from(u32::MAX)).await.unwrap();
        (row, events)
    }

    /// Waits until the queue holds nothing: neither jobs nor loans.
    pub(crate) async fn until_the_queue_is_empty(&self) {
        let settings = QueueSettings { redis_url: Some(self.redis.url()), ..QueueSettings::default() };
        let queue = RedisQueue::connect(&settings).await.unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let stats = queue.stats().await.unwrap();
            if stats.ready + stats.delayed + stats.lent == 0 {
                return;
            }
            assert!(Instant::now() < deadline, "the queue still holds: {stats:?}");
            tokio::time::sleep(POLL).await;
        }
    }
}

/// How long a sync took that has ended, from the moment that it was asked for.
pub(crate) fn took(row: &ProjectSync) -> Duration {
    let ended = row.finished_at.unwrap_or_else(|| panic!("it has not ended: {row:#?}"));
    (ended - row.created_at).to_std().unwrap_or_default()
}

/// Lets something that takes a while, such as making commits, not keep other tasks from running.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    tokio::task::block_in_place(work)
}

/// The text that names a repository on disk as a source.
pub(crate) fn source(repo: &TestRepo) -> &str {
    repo.path().to_str().unwrap()
}
