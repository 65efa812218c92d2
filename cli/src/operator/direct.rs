//! The operator's work on the database and the queue of the settings, by the functions that the API calls too.

use std::sync::Arc;

use api::{
    Code, Problem,
    admin::{self, JobVerb, Removal},
    model::{BulkDto, DeadFilterDto, DeadJobDto, EventDto, JobDetailDto, JobDto, JobFilterDto, QueueDto},
};
use async_trait::async_trait;
use bus::{Dispatcher, LocalProgressBus, Requeued};
use chrono::{DateTime, Utc};
use entities::{
    Database, DeadJob, DeadJobId, ProjectId, ProjectSync, SyncId, SyncTrigger, SystemDb, projects,
    queue::{self as rows, PauseScope},
    syncs,
};
use gateway::{Gateway, Target};
use serde_json::Value;

use super::{Bulk, DeadVerb, JobsVerb, Listed, Operator, away::Away, json};
use crate::{
    args::Global,
    error::CliError,
    find,
    follow::{Follower, Origin},
    open::{App, dispatcher},
    settings::Settings,
};

/// How many of a job's last events are shown with it, as the API does.
const LAST_EVENTS: u64 = 20;

/// What is said of a queue that is inside another process.
pub const ELSEWHERE: &str = "inside the service's process: ask it with --server";

/// Database and queue of the settings.
pub struct Direct {
    app: App,
    dispatcher: Dispatcher,
}

impl Direct {
    /// Opens them. A queue that is away is no error: the database is the truth.
    ///
    /// # Errors
    /// If the database cannot be opened, or its schema is not the one of this program.
    pub async fn open(global: &Global, settings: Settings) -> Result<Self, CliError> {
        let app = App::open(global, settings).await?;
        let dispatcher = dispatcher_or_away(&app.db.database(), &app.settings).await?;
        Ok(Self { app, dispatcher })
    }

    /// Operators look across tenants.
    fn system(&self) -> SystemDb {
        self.app.db.database().system()
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    async fn sync(&self, id: SyncId) -> Result<ProjectSync, CliError> {
        let missing = || Problem::new(Code::SyncNotFound, format!("there is no sync {id}"));
        let sync = syncs::get(&self.system(), id).await?;
        Ok(sync.ok_or_else(missing)?)
    }

    async fn dead_row(&self, id: DeadJobId) -> Result<DeadJob, CliError> {
        let missing = || Problem::new(Code::DeadJobNotFound, format!("there is no dead job {id}"));
        Ok(rows::dead(&self.system(), id).await?.ok_or_else(missing)?)
    }

    async fn requeue(&self, sync: &ProjectSync) -> Result<Option<SyncId>, CliError> {
        if !sync.status.is_terminal() {
            let detail = format!("sync {} is {}: it will be done, and is not repeated", sync.id, sync.status);
            return Err(Problem::new(Code::SyncActive, detail).into());
        }
        requeued(self.dispatcher.requeue(sync, SyncTrigger::Cli, None, self.now()).await?)
    }

    async fn remove(&self, sync: &ProjectSync) -> Result<Option<SyncId>, CliError> {
        let refused =
            |code, detail: &str| Err(Problem::new(code, format!("sync {} {detail}", sync.id)).into());
        match admin::remove_job(&self.dispatcher, sync, self.now()).await? {
            Removal::Removed => Ok(None),
            Removal::Active => refused(Code::SyncActive, "has not ended; cancel it first"),
            Removal::Completed => refused(Code::SyncCompleted, "completed: later syncs build on it"),
            Removal::NotFound => refused(Code::SyncNotFound, "is gone already"),
        }
    }

    fn scope(&self, project: Option<ProjectId>) -> PauseScope {
        project.map_or(PauseScope::Queue, |project| PauseScope::Project(self.app.tenant, project))
    }
}

/// Database and queue, where the queue may be away.
///
/// # Errors
/// If the settings name no queue that there could be.
pub async fn dispatcher_or_away(db: &Database, settings: &Settings) -> Result<Dispatcher, CliError> {
    match dispatcher(db.clone(), &settings.queue).await {
        Err(CliError::Queue(error)) => Ok(Dispatcher {
            db: db.clone(),
            queue: Arc::new(Away(error.0)),
            progress: Arc::new(LocalProgressBus::default()),
        }),
        result => result,
    }
}

/// Which sync does it again.
fn requeued(requeued: Requeued) -> Result<Option<SyncId>, CliError> {
    let problem = match requeued {
        Requeued::As(requested) => return Ok(Some(requested.sync.id)),
        Requeued::NoSync => Problem::new(Code::NothingToRepeat, "it is no sync that could be repeated"),
        Requeued::Busy(other) => {
            let detail =
                format!("sync {} of the branch is {}; cancel it, or let it end", other.id, other.status);
            Problem::new(Code::BranchBusy, detail)
        }
    };
    Err(problem.into())
}

/// The place behind an item, as it was given out here.
fn place<Id: std::str::FromStr>(from: Option<&str>) -> Option<Id> {
    from.and_then(|from| from.parse().ok())
}

/// Where the next part begins, if there is one more than `limit`.
fn cut<T, Id: ToString>(rows: &mut Vec<T>, limit: u64, id: impl Fn(&T) -> Id) -> Option<String> {
    let has_more = rows.len() as u64 > limit;
    rows.truncate(limit as usize);
    rows.last().filter(|_| has_more).map(|last| id(last).to_string())
}

#[async_trait]
impl Operator for Direct {
    async fn jobs(&self, filter: &JobFilterDto, from: Option<&str>, limit: u64) -> Result<Listed, CliError> {
        let filter = filter.to_rows(self.now());
        let mut found = syncs::page(&self.system(), &filter, place(from), limit + 1).await?;
        let next = cut(&mut found, limit, |sync| sync.id);
        let mut branches: Vec<_> = found.iter().map(|sync| sync.branch_id).collect();
        branches.sort_unstable();
        branches.dedup();
        let places = projects::places(&self.system(), branches).await?;
        let items = found.iter().map(|sync| json(&JobDto::new(sync, &places))).collect::<Result<_, _>>()?;
        Ok(Listed { items, next })
    }

    async fn job(&self, id: SyncId) -> Result<Value, CliError> {
        let sync = self.sync(id).await?;
        let places = projects::places(&self.system(), [sync.branch_id]).await?;
        let mut last = syncs::last_events(&self.system(), id, LAST_EVENTS).await?;
        last.reverse();
        let last: Vec<EventDto> = last.into_iter().map(Into::into).collect();
        json(&JobDetailDto { job: JobDto::new(&sync, &places), events: last })
    }

    fn follow(&self, target: Target) -> Result<Follower, CliError> {
        let Dispatcher { db, progress, .. } = self.dispatcher.clone();
        let gateway = Gateway::start(db, progress, self.app.settings.gateway.clone())
            .map_err(|error| CliError::usage(format!("settings: {error}")))?;
        Ok(Follower::new(Origin::Here(gateway), target))
    }

    async fn change_job(&self, verb: JobsVerb, id: SyncId) -> Result<Option<SyncId>, CliError> {
        let sync = self.sync(id).await?;
        match verb {
            JobsVerb::Requeue => self.requeue(&sync).await,
            JobsVerb::Remove => self.remove(&sync).await,
            JobsVerb::Cancel => {
                if self.dispatcher.cancel(&sync, self.now()).await? {
                    return Ok(None);
                }
                let status = self.sync(id).await?.status;
                let detail = format!("sync {id} is {status} already");
                Err(Problem::new(Code::AlreadyEnded, detail).into())
            }
        }
    }

    async fn change_jobs(
        &self,
        verb: JobsVerb,
        filter: &JobFilterDto,
        dry_run: bool,
    ) -> Result<Bulk, CliError> {
        let verb = match verb {
            JobsVerb::Cancel => JobVerb::Cancel,
            JobsVerb::Requeue => JobVerb::Requeue(SyncTrigger::Cli),
            JobsVerb::Remove => JobVerb::Remove,
        };
        let now = self.now();
        let filter = filter.to_rows(now);
        let bulk = admin::change_jobs(&self.dispatcher, verb, &filter, dry_run, now).await?;
        Ok(BulkDto::from(bulk).into())
    }

    async fn queue(&self) -> Result<Value, CliError> {
        let now = self.now();
        let mut overview = admin::overview(&self.dispatcher, now).await?;
        if self.app.settings.queue.redis_url.is_none() {
            // What was asked is the queue of this command.
            overview.stats = Err(ELSEWHERE.to_owned());
        }
        json(&QueueDto::new(overview, now))
    }

    async fn pause(&self, project: Option<ProjectId>, reason: Option<&str>) -> Result<bool, CliError> {
        Ok(self.dispatcher.pause(self.scope(project), reason, self.now()).await?)
    }

    async fn resume(&self, project: Option<ProjectId>) -> Result<bool, CliError> {
        Ok(self.dispatcher.resume(self.scope(project), self.now()).await?)
    }

    async fn dead(&self, filter: &DeadFilterDto, from: Option<&str>, limit: u64) -> Result<Listed, CliError> {
        let filter = filter.to_rows(self.now());
        let mut found = rows::dead_jobs(&self.system(), &filter, place(from), limit + 1).await?;
        let next = cut(&mut found, limit, |dead| dead.id);
        let items = found.into_iter().map(|dead| json(&DeadJobDto::from(dead))).collect::<Result<_, _>>()?;
        Ok(Listed { items, next })
    }

    async fn dead_job(&self, id: DeadJobId) -> Result<Value, CliError> {
        json(&DeadJobDto::from(self.dead_row(id).await?))
    }

    async fn change_dead_job(&self, verb: DeadVerb, id: DeadJobId) -> Result<Option<SyncId>, CliError> {
        let dead = self.dead_row(id).await?;
        match verb {
            DeadVerb::Requeue => {
                requeued(self.dispatcher.requeue_dead(&dead, SyncTrigger::Cli, None, self.now()).await?)
            }
            DeadVerb::Purge => {
                rows::remove_dead(&self.system(), id).await?;
                Ok(None)
            }
        }
    }

    async fn change_dead(
        &self,
        verb: DeadVerb,
        filter: &DeadFilterDto,
        dry_run: bool,
    ) -> Result<Bulk, CliError> {
        let verb = match verb {
            DeadVerb::Requeue => admin::DeadVerb::Requeue(SyncTrigger::Cli),
            DeadVerb::Purge => admin::DeadVerb::Purge,
        };
        let now = self.now();
        let bulk = admin::change_dead(&self.dispatcher, verb, &filter.to_rows(now), dry_run, now).await?;
        Ok(BulkDto::from(bulk).into())
    }

    async fn project(&self, text: &str) -> Result<ProjectId, CliError> {
        Ok(find::project(&self.app, text).await?.project.id)
    }

    async fn close(&self) -> Result<(), CliError> {
        // Closed in order, SQLite folds its log into the database.
        Ok(self.app.db.database().close().await?)
    }
}
