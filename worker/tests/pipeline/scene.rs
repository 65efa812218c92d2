//! A database, a worker and what is asked of them: the stage that the tests play on.

use std::{sync::Arc, time::Duration};

use bus::{Dispatcher, LocalProgressBus, LocalQueue, QueueSettings, RedisProgressBus, RedisQueue, SyncJob};
use chrono::Utc;
use entities::{
    Branch, Database, ObjectId, ProjectSync, SourceSpec, SyncEvent, SyncId, SyncStatus, SyncTrigger,
    TenantDb, TenantId, projects,
    syncs::{self, NewSync},
    temporal::{ListedEntry, ListedFile, MemoryFilter, StateAt},
};
use sea_orm::DbBackend;
use source::{LocateError, Located, Opened, SourceContext};
use testkit::{
    database::TestDatabase,
    redis::test_redis_url,
    repo::{LsTreeEntry, TestRepo},
};
use worker::{
    clock::Clock,
    error::SyncError,
    instance::Instance,
    memory::Rules,
    pipeline::{Persistence, RunOutcome, Runner, Stop},
    settings::WorkerSettings,
};

/// How long Redis may take to pass an event on: some tests wait for one, and a machine that is busy elsewhere must not cost
/// them any.
const PATIENCE: Duration = Duration::from_secs(60);

/// A database and a worker.
pub struct Scene {
    pub db: TenantDb,
    pub tenant: TenantId,
    pub runner: Arc<Runner>,
    /// What the keys in Redis begin with.
    pub prefix: String,
    /// For looking behind the scenes. Dropped last.
    pub database: TestDatabase,
}

/// Settings under which nothing waits long.
pub fn settings() -> WorkerSettings {
    let mut settings = WorkerSettings::default();
    settings.source.retry_first_delay_ms = 1;
    settings.source.max_wait_seconds = 1;
    settings.sync.retry_first_delay_ms = 1;
    settings
}

impl Scene {
    pub async fn new(database: TestDatabase) -> Self {
        Self::with(database, settings()).await
    }

    pub async fn with(database: TestDatabase, settings: WorkerSettings) -> Self {
        let db = database.database().clone();
        let tenant = projects::ensure_tenant(&db.system(), projects::LOCAL_TENANT, Utc::now()).await.unwrap();
        let prefix = format!("test-{}", SyncId::generate());
        let dispatcher = dispatcher(&db, settings.lease(), &prefix).await;
        let runner = Arc::new(runner(dispatcher, settings, Instance::anywhere()));
        Self { db: db.tenant(tenant), tenant, runner, prefix, database }
    }

    /// The same database under another worker.
    pub fn another_worker(&self, settings: WorkerSettings) -> Runner {
        runner(self.runner.dispatcher.clone(), settings, Instance::anywhere())
    }

    pub async fn locate(&self, source: &SourceSpec, branch: Option<&str>) -> Result<Located, LocateError> {
        let settings = &self.runner.settings.source;
        let context = SourceContext::quiet();
        source::locate(&self.db, source, branch, settings, &context, Utc::now()).await
    }

    pub async fn ask(&self, branch: &Branch, forced: bool, restore_seq: Option<i64>) -> ProjectSync {
        let new = NewSync { trigger: SyncTrigger::Cli, forced, restore_seq, trace_parent: None };
        let requested = self.runner.dispatcher.request(branch, new, false, Utc::now()).await.unwrap();
        assert_ne!(requested.sync.status, SyncStatus::Running, "sync {} runs", requested.sync.id);
        requested.sync
    }

    /// Syncs as the command does, with what came of it.
    pub async fn try_sync(
        &self,
        source: &SourceSpec,
        branch: Option<&str>,
        forced: bool,
    ) -> Result<(ProjectSync, Option<SyncError>), LocateError> {
        let located = self.locate(source, branch).await?;
        let sync = self.ask(&located.branch, forced, None).await;
        Ok(self.run(&sync, Some(located.opened)).await)
    }

    pub async fn run(&self, sync: &ProjectSync, opened: Option<Opened>) -> (ProjectSync, Option<SyncError>) {
        let job = SyncJob::new(sync.id);
        match self.runner.run(&job, opened, Stop::default()).await.unwrap() {
            RunOutcome::Ended(sync, error) => (*sync, error),
            other => panic!("not run: {other:?}"),
        }
    }

    /// Syncs, which must go well.
    pub async fn sync(&self, source: &SourceSpec, branch: Option<&str>) -> ProjectSync {
        let (sync, error) = self.try_sync(source, branch, false).await.unwrap();
        assert!(error.is_none(), "{error:?}");
        assert_eq!(sync.status, SyncStatus::Completed);
        sync
    }

    /// Restores, which must go well.
    pub async fn restore(&self, branch: &Branch, seq: i64) -> ProjectSync {
        let asked = self.ask(branch, false, Some(seq)).await;
        let (sync, error) = self.run(&asked, None).await;
        assert!(error.is_none(), "{error:?}");
        sync
    }

    pub async fn branch(&self, sync: &ProjectSync) -> Branch {
        projects::branch(&self.db, sync.branch_id).await.unwrap().unwrap()
    }

    pub async fn files(&self, state: StateAt) -> Vec<ListedFile> {
        state.all_files(&self.db.begin().await.unwrap()).await.unwrap()
    }

    pub async fn memory(&self, state: StateAt) -> Vec<ListedEntry> {
        state.memory(&self.db, &MemoryFilter::default()).await.unwrap()
    }

    pub async fn numbered_events(&self, sync: &ProjectSync) -> Vec<SyncEvent> {
        let events = syncs::events(&self.db, sync.id, 0, 100_000).await.unwrap();
        let numbers: Vec<i64> = events.iter().map(|event| event.seq).collect();
        assert_eq!(numbers, (1..=events.len() as i64).collect::<Vec<_>>(), "event numbers have no hole");
        events
    }

    pub async fn events(&self, sync: &ProjectSync) -> Vec<SyncEvent> {
        let events = self.numbered_events(sync).await;
        // Each time a sync is begun the interval begins, too.
        for run in events.split(|event| event.payload["type"] == "interrupted") {
            let progress: Vec<_> = run
                .iter()
                .filter(|event| event.payload["type"] == "phaseProgress")
                .map(|event| event.at)
                .collect();
            // A little less than the interval: it is kept from write to write, and the clock is read in between.
            let apart =
                progress.windows(2).all(|pair| pair[1] - pair[0] > chrono::TimeDelta::milliseconds(70));
            assert!(apart, "progress comes ten times a second at most: {progress:?}");
        }
        events
    }

    /// The state after `sync` is what git lists for `commit`, byte for byte, and proves itself.
    pub async fn assert_is(&self, sync: &ProjectSync, repo: &TestRepo, commit: &str) {
        let state = StateAt::after(&self.db, sync).await.expect("completed");
        let rows = self.files(state).await;
        let found: Vec<String> = rows
            .iter()
            .map(|file| {
                let id = file.blob_id.or(file.submodule_id).unwrap();
                line(&file.path, file.mode.to_string(), &id.to_string(), file.size.map(|size| size as u64))
            })
            .collect();
        let expected = listing(repo.ls_tree(commit));
        let differing = found.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!(differing, None, "rows and git's listing differ");
        assert_eq!(found.len(), expected.len());
        assert_eq!(sync.commit_id, Some(oid(commit)));
        assert_eq!(sync.tree_id, Some(oid(&repo.root_tree(commit))));
        let verified = worker::proof::verify(&self.db, state, sync.tree_id.unwrap()).await.unwrap();
        assert_eq!(verified.files as usize, found.len());
        let counts = entities::SyncCounts::from(sync);
        assert_eq!(counts.files() as usize, found.len(), "{counts:?}");
    }
}

/// The two ways to run: everything in the process beside SQLite, or Redis beside Postgres, with keys of its own.
pub async fn dispatcher(db: &Database, lease: Duration, prefix: &str) -> Dispatcher {
    let db = db.clone();
    if db.backend() == DbBackend::Sqlite {
        let queue = Arc::new(LocalQueue::new(lease));
        return Dispatcher { db, queue, progress: Arc::new(LocalProgressBus::default()) };
    }
    let settings =
        QueueSettings { redis_url: Some(test_redis_url()), prefix: prefix.to_owned(), ..Default::default() };
    let queue = RedisQueue::connect(&settings).await.unwrap().with_lease(lease);
    let progress = RedisProgressBus::connect_patiently(&settings, PATIENCE).await.unwrap();
    Dispatcher { db, queue: Arc::new(queue), progress: Arc::new(progress) }
}

pub fn runner(dispatcher: Dispatcher, settings: WorkerSettings, instance: Instance) -> Runner {
    Runner {
        dispatcher,
        rules: Arc::new(Rules::new(&settings.memory).unwrap()),
        settings: Arc::new(settings),
        instance: Arc::new(instance),
        clock: Clock::system(),
        persistence: Persistence::FailAtOnce,
    }
}

pub fn oid(hex: &str) -> ObjectId {
    hex.parse().unwrap()
}

pub fn local(repo: &TestRepo) -> SourceSpec {
    SourceSpec::Git { url: repo.path().to_str().unwrap().to_owned() }
}

pub fn remote(url: &str) -> SourceSpec {
    SourceSpec::Git { url: url.to_owned() }
}

/// A file in one line. Quoted, so that what differs can be read.
fn line(path: &[u8], mode: String, id: &str, size: Option<u64>) -> String {
    let mut path = path.escape_ascii().to_string();
    if path.len() > 200 {
        path = format!("{}… ({})", &path[..200], entities::PathHash::of(path.as_bytes()));
    }
    format!("{mode} {id} {size:?} {path}")
}

fn listing(mut entries: Vec<LsTreeEntry>) -> Vec<String> {
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries
        .iter()
        .map(|entry| line(&entry.path, format!("{:06o}", entry.mode), &entry.oid, entry.size))
        .collect()
}
