//! Writes events as a worker does: first the row, under the claim, then the bus.

use std::{sync::Arc, time::Duration};

use bus::{
    Dispatcher, Event, EventError, LocalProgressBus, LocalQueue, ProgressBus, ProgressEvent, QueueSettings,
    RedisProgressBus, Unit,
};
use chrono::Utc;
use entities::{
    OfTenant, ProjectId, ProjectSync, SourceSpec, SyncId, SyncTrigger, TenantDb, TenantId,
    projects::{self, ConnectedProject},
    queue::{self, PauseScope},
    syncs::{self, Claim, ClaimOutcome, Ending, NewSync, Totals},
};
use sea_orm::ConnectionTrait;
use tokio::time::{MissedTickBehavior, interval};

use crate::{ledger::Ledger, stage::Stage};

/// Longer than any test: nobody takes a sync from its author.
const LEASE: Duration = Duration::from_secs(600);

/// How events get from the author to others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Telling {
    /// As a worker's do.
    Aloud,
    /// They are in the log in Redis, and nobody hears of them.
    InTheLog,
    /// They are rows, and nothing else.
    Never,
}

/// Makes projects and syncs.
pub(crate) struct Author {
    db: TenantDb,
    tenant: TenantId,
    aloud: Arc<dyn ProgressBus>,
    redis: Option<redis::aio::ConnectionManager>,
    pub(crate) ledger: Arc<Ledger>,
}

impl Author {
    /// One whose events go through the stage's servers.
    pub(crate) async fn new(stage: &Stage) -> Self {
        let settings = QueueSettings { redis_url: Some(stage.redis.url()), ..QueueSettings::default() };
        let aloud = Arc::new(RedisProgressBus::connect(&settings).await.unwrap());
        let client = redis::Client::open(stage.redis.url()).unwrap();
        let redis = redis::aio::ConnectionManager::new(client).await.unwrap();
        Self { redis: Some(redis), ..Self::on(&stage.db, aloud).await }
    }

    /// One who only writes rows, into the database of another process.
    pub(crate) async fn beside(db: &TenantDb) -> Self {
        // The process's own worker takes no sync from the author.
        queue::pause(&db.database().system(), PauseScope::Queue, None, Utc::now()).await.unwrap();
        Self::on(db, Arc::new(LocalProgressBus::default())).await
    }

    /// One who writes nothing and knows what others wrote.
    pub(crate) async fn silent(db: &TenantDb) -> Self {
        Self::on(db, Arc::new(LocalProgressBus::default())).await
    }

    async fn on(db: &TenantDb, aloud: Arc<dyn ProgressBus>) -> Self {
        Self { db: db.clone(), tenant: db.tenant(), aloud, redis: None, ledger: Arc::default() }
    }

    /// A project whose repository nobody reads.
    pub(crate) async fn project(&self, name: &str) -> ConnectedProject {
        let source = SourceSpec::Git { url: format!("/nowhere/{name}") };
        projects::create(&self.db, name, &source, Utc::now()).await.unwrap()
    }

    /// Removes a project with all that is known of it.
    pub(crate) async fn forget(&self, project: ProjectId) {
        let deletion = projects::delete(&self.db, project).await.unwrap();
        assert_eq!(deletion, projects::Deletion::Deleted);
    }

    /// Asks for a sync: its first event is written.
    pub(crate) async fn ask(&self, project: &ConnectedProject, branch: &str, telling: Telling) -> Script {
        let branch =
            projects::ensure_branch(&self.db, &project.repository, branch, Utc::now()).await.unwrap();
        let progress: Arc<dyn ProgressBus> = match telling {
            Telling::Aloud => Arc::clone(&self.aloud),
            Telling::InTheLog | Telling::Never => Arc::new(LocalProgressBus::default()),
        };
        let jobs = Arc::new(LocalQueue::new(LEASE));
        let dispatcher = Dispatcher { db: self.db.database(), queue: jobs, progress };
        let new = NewSync { trigger: SyncTrigger::Api, forced: false, restore_seq: None, trace_parent: None };
        let requested = dispatcher.request(&branch, new, false, Utc::now()).await.unwrap();
        assert!(requested.is_new);
        let sync = requested.sync;
        self.ledger.note(sync.id);
        let mut script = Script {
            db: self.db.clone(),
            tenant: self.tenant,
            aloud: Arc::clone(&self.aloud),
            redis: self.redis.clone(),
            ledger: Arc::clone(&self.ledger),
            id: sync.id,
            sync,
            claim: None,
            last: 1,
            telling,
            padding: 0,
        };
        if telling == Telling::InTheLog {
            let queued = ProgressEvent::queued(&script.sync, &branch.name);
            script.log(&queued).await;
        }
        script
    }
}

/// Writes the events of one sync.
pub(crate) struct Script {
    db: TenantDb,
    tenant: TenantId,
    aloud: Arc<dyn ProgressBus>,
    redis: Option<redis::aio::ConnectionManager>,
    ledger: Arc<Ledger>,
    pub(crate) id: SyncId,
    sync: ProjectSync,
    claim: Option<Claim>,
    /// The number of the last event.
    pub(crate) last: i64,
    pub(crate) telling: Telling,
    /// How many bytes events are longer than they need be.
    pub(crate) padding: usize,
}

impl Script {
    /// Claims the sync, as a worker does that begins. Beside another process that would be taken for the claim of a worker
    /// that is gone, so there the sync only waits.
    async fn begin(&mut self) {
        if self.claim.is_some() || self.redis.is_none() {
            return;
        }
        let claimed = syncs::claim(&self.db, self.id, "author", Utc::now(), LEASE).await.unwrap();
        let ClaimOutcome::Claimed(claim) = claimed else { panic!("not claimed: {claimed:?}") };
        self.claim = Some(claim);
    }

    /// Writes so many more events, one at each beat.
    pub(crate) async fn write(&mut self, events: usize, pace: Duration) {
        self.begin().await;
        let mut beat = interval(pace.max(Duration::from_micros(1)));
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for _ in 0..events {
            beat.tick().await;
            let event = self.next();
            self.append(event).await;
        }
    }

    /// Lets so many numbers be of events that were lost for good: their rows are gone, and nobody has heard of them.
    pub(crate) fn lose(&mut self, events: usize) {
        for _ in 0..events {
            self.last += 1;
            self.ledger.note(self.id);
        }
    }

    /// Removes the rows of events that were told already.
    pub(crate) async fn remove_rows(&self, from: i64, to: i64) {
        let sql =
            format!("DELETE FROM sync_events WHERE sync_id = '{}' AND seq BETWEEN {from} AND {to}", self.id);
        self.db.execute_unprepared(&sql).await.unwrap();
    }

    /// Removes the sync, which has ended.
    pub(crate) async fn remove(&self) {
        assert!(syncs::remove(&self.db, self.id).await.unwrap());
    }

    /// Writes the last event.
    pub(crate) async fn end(&mut self) {
        self.begin().await;
        let (code, message) = ("the-end".to_owned(), "this is all".to_owned());
        let event = match self.claim {
            Some(_) => Event::Failed { error: EventError { code, message } },
            None => Event::Cancelled {},
        };
        self.ledger.note_end(self.id);
        self.append(event).await;
    }

    async fn append(&mut self, event: Event) {
        let seq = self.last + 1;
        let event = ProgressEvent { sync_id: self.id, seq, at: Utc::now(), event };
        let transaction = self.db.begin_write().await.unwrap();
        let is_ours = match (&self.claim, &event.event) {
            (Some(claim), Event::Failed { error }) => {
                let EventError { code, message } = error.clone();
                let ending = Ending::Failed { code, message };
                syncs::finish(&transaction, claim, &ending, &Totals::default(), event.at).await.unwrap()
            }
            (Some(claim), _) => syncs::fence(&transaction, claim).await.unwrap(),
            (None, Event::Cancelled {}) => {
                syncs::cancel_pending(&transaction, self.id, event.at).await.unwrap()
            }
            (None, _) => true,
        };
        assert!(is_ours);
        syncs::append_event(&transaction, event.to_row(self.tenant).unwrap()).await.unwrap();
        transaction.commit().await.unwrap();
        self.last = seq;
        self.ledger.note(self.id);
        match self.telling {
            Telling::Aloud => self.aloud.publish(&event).await,
            Telling::InTheLog => self.log(&event).await,
            Telling::Never => {}
        }
    }

    async fn log(&mut self, event: &ProgressEvent) {
        let json = serde_json::to_string(event).unwrap();
        let mut command = redis::cmd("XADD");
        command.arg(log_key(self.id)).arg(format!("{}-0", event.seq)).arg("event").arg(json);
        let redis = self.redis.as_mut().expect("a stage with Redis");
        let _: String = command.query_async(redis).await.unwrap();
    }

    /// Something that a sync says, another thing each time.
    fn next(&self) -> Event {
        let number = self.last as u64;
        let phase = ["prepare", "scan", "import", "finalize"][(number / 50 % 4) as usize].to_owned();
        match number % 50 {
            1 => Event::PhaseStarted { phase, attempt: 1 },
            49 => Event::PhaseCompleted { phase, duration_ms: 7 },
            25 => {
                let message = format!("line one\nline two, ünïcödé {}", "x".repeat(self.padding));
                Event::Warning { phase, code: "odd".to_owned(), message }
            }
            _ if self.padding > 0 => {
                let message = "x".repeat(self.padding);
                Event::Warning { phase, code: "long".to_owned(), message }
            }
            done => {
                let unit = Unit::Files;
                Event::PhaseProgress {
                    phase,
                    done,
                    total: Some(50),
                    unit,
                    bytes: number * 1_000,
                    requests: 3,
                }
            }
        }
    }
}

/// Where a sync's log is in Redis.
pub(crate) fn log_key(sync: SyncId) -> String {
    format!("{{project-sync}}:events:{sync}")
}
