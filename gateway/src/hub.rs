//! All topics that are followed in this process.
//!
//! Whatever the bus loses is found here: every two seconds, the topics that are open are compared with the database, in
//! one query for five hundred of them. That is what makes the last event of a sync certain: when it is lost on the way,
//! no later one shows the gap.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bus::ProgressBus;
use entities::{Database, ProjectId, SyncId, SystemDb, syncs};
use sea_orm::DbErr;
use tokio::{
    sync::{Semaphore, watch},
    task::AbortHandle,
    time::MissedTickBehavior,
};

use crate::{
    feed::{Joined, OpenError, project::ProjectTopic, sync::SyncTopic},
    shelf::{Fed, Held, Shelf},
    target::Target,
    telemetry,
};

/// How often topics are compared with the database.
const CHECK: Duration = Duration::from_secs(2);

/// How many ids one query names.
pub(crate) const IDS_AT_ONCE: usize = 500;

/// How many clients' questions go to the database at a time: less than its pool has connections.
const QUESTIONS_AT_ONCE: usize = 8;

/// All topics that are followed in this process. Cheap to clone; everything ends with the last clone.
#[derive(Clone)]
pub(crate) struct Hub {
    inner: Arc<Inner>,
    _end: Arc<End>,
}

/// What the hub's tasks share.
pub(crate) struct Inner {
    /// What is followed is read in the name of its tenant: whoever may not follow it was kept out at the door.
    pub(crate) db: Database,
    /// How far everything is, of all tenants in one query.
    pub(crate) system: SystemDb,
    pub(crate) progress: Arc<dyn ProgressBus>,
    syncs: Shelf<SyncId, SyncTopic>,
    projects: Shelf<ProjectId, ProjectTopic>,
    questions: Semaphore,
    checks: watch::Sender<u64>,
    max_replay: u64,
}

/// Ends what the hub began.
struct End {
    inner: Arc<Inner>,
    check: Mutex<Option<AbortHandle>>,
}

impl Drop for End {
    fn drop(&mut self) {
        if let Some(check) = self.check.lock().unwrap_or_else(PoisonError::into_inner).take() {
            check.abort();
        }
        self.inner.projects.clear();
        self.inner.syncs.clear();
    }
}

impl Hub {
    /// Begins with no topic. To be called within a runtime.
    pub(crate) fn start(db: Database, progress: Arc<dyn ProgressBus>, max_replay: u64) -> Self {
        let inner = Arc::new(Inner {
            system: db.system(),
            db,
            progress,
            syncs: Shelf::default(),
            projects: Shelf::default(),
            questions: Semaphore::new(QUESTIONS_AT_ONCE),
            checks: watch::Sender::default(),
            max_replay,
        });
        let check = tokio::spawn(Arc::clone(&inner).check_again_and_again()).abort_handle();
        Self { _end: Arc::new(End { inner: Arc::clone(&inner), check: Mutex::new(Some(check)) }), inner }
    }

    /// Lets a client's question go to the database when it is its turn.
    pub(crate) async fn turn(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        // Never closed.
        self.inner.questions.acquire().await.ok()
    }

    /// Begins to follow something.
    ///
    /// # Errors
    /// If there is no such thing, or the database is away.
    pub(crate) async fn join(
        &self,
        target: Target,
        last_event_id: Option<&str>,
    ) -> Result<Joined, OpenError> {
        let inner = &self.inner;
        match target {
            Target::Sync(id) => {
                let topic = inner.sync(id).await?;
                Ok(topic.join(last_event_id, inner.max_replay).await?)
            }
            Target::Project(id) => {
                let topic = inner.project(id).await?;
                Ok(topic.join(inner, last_event_id, inner.max_replay).await?)
            }
        }
    }
}

impl Inner {
    /// The topic of a sync.
    pub(crate) async fn sync(self: &Arc<Self>, id: SyncId) -> Result<Held<SyncTopic>, OpenError> {
        self.syncs
            .get(id, async {
                let _turn = self.questions.acquire().await;
                let (topic, live) = SyncTopic::open(&self.db, &*self.progress, id).await?;
                let feed = match live {
                    Some(live) => tokio::spawn(Arc::clone(&topic).feed(live)),
                    None => tokio::spawn(std::future::ready(())),
                };
                Ok(Fed { topic, feed: feed.abort_handle() })
            })
            .await
    }

    async fn project(self: &Arc<Self>, id: ProjectId) -> Result<Held<ProjectTopic>, OpenError> {
        self.projects
            .get(id, async {
                let (topic, feed) = ProjectTopic::open(self, id).await?;
                let feed = tokio::spawn(Arc::clone(&topic).feed(feed));
                Ok(Fed { topic, feed: feed.abort_handle() })
            })
            .await
    }

    /// Says to the topics of these syncs that the database has more.
    pub(crate) fn nudge_syncs(&self, ids: impl IntoIterator<Item = SyncId>) {
        let ids: Vec<SyncId> = ids.into_iter().collect();
        self.syncs.each(|id, topic| {
            if ids.contains(&id) {
                topic.nudge();
            }
        });
    }

    /// Waits until the topics were compared with the database once more.
    pub(crate) async fn next_check(&self) {
        // The sender is in here.
        let _ = self.checks.subscribe().changed().await;
    }

    async fn check_again_and_again(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(CHECK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_away = false;
        loop {
            ticks.tick().await;
            metrics::gauge!(telemetry::TOPICS, "kind" => "sync").set(self.syncs.sweep() as f64);
            metrics::gauge!(telemetry::TOPICS, "kind" => "project").set(self.projects.sweep() as f64);
            let checked = self.check().await;
            match &checked {
                Err(error) if !was_away => {
                    tracing::warn!(%error, "topics cannot be compared with the database")
                }
                Ok(()) if was_away => tracing::info!("topics are compared with the database again"),
                _ => {}
            }
            was_away = checked.is_err();
            self.checks.send_modify(|checks| *checks += 1);
        }
    }

    /// Nudges the topics that are behind the database; gives up those whose row is gone.
    async fn check(&self) -> Result<(), DbErr> {
        let mut open = Vec::new();
        self.syncs.each(|id, topic| {
            if let Some(last) = topic.last() {
                open.push((id, Arc::clone(topic), last));
            }
        });
        for some in open.chunks(IDS_AT_ONCE) {
            let ids: Vec<SyncId> = some.iter().map(|(id, ..)| *id).collect();
            let lasts: std::collections::HashMap<_, _> =
                syncs::last_event_seqs(&self.system, &ids).await?.into_iter().collect();
            for (id, topic, last) in some {
                match lasts.get(id) {
                    // What was told since is no sign of anything.
                    Some(kept) if kept > last && topic.last() == Some(*last) => {
                        metrics::counter!(telemetry::HEALED).increment(1);
                        topic.nudge();
                    }
                    Some(_) => {}
                    None => {
                        topic.give_up();
                        self.syncs.close(*id);
                    }
                }
            }
        }
        self.check_projects().await
    }

    async fn check_projects(&self) -> Result<(), DbErr> {
        let mut open = Vec::new();
        self.projects.each(|id, topic| open.push((id, Arc::clone(topic))));
        for some in open.chunks(IDS_AT_ONCE) {
            let ids: Vec<ProjectId> = some.iter().map(|(id, _)| *id).collect();
            let lasts: std::collections::HashMap<_, _> =
                syncs::last_ordinals(&self.system, &ids).await?.into_iter().collect();
            for (id, topic) in some {
                match lasts.get(id) {
                    Some(asked) if *asked > topic.known() => topic.nudge(),
                    Some(_) => {}
                    None => {
                        topic.give_up();
                        self.projects.close(*id);
                    }
                }
            }
        }
        Ok(())
    }
}
