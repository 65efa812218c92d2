//! From what somebody wants to a row and a message: starting, cancelling, repeating, pausing.
//!
//! The row is always written first. A message that does not get out is only late: the workers' rescue looks for rows
//! that no message tells of. So nothing here fails because the queue is away.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use entities::{
    Branch, Database, DeadJob, ProjectId, ProjectSync, SyncStatus, SyncTrigger, projects,
    queue::{self as rows, PauseScope, WaitingSync},
    syncs::{self, NewSync, Requested},
};
use futures::FutureExt;
use sea_orm::DbErr;

use crate::{
    Event, ProgressBus, ProgressEvent, SyncJob, integration,
    queue::{JobQueue, MAX_BATCH, NewJob},
    telemetry,
};

/// How many waiting syncs are queued anew at most when a queue is filled from the rows. Those that come first are; the
/// rest follows when they are done.
const MAX_REFILL: usize = 10_000;

/// Writes rows, then tells workers. Cheap to clone.
#[derive(Clone)]
pub struct Dispatcher {
    /// The database. Each sync is dealt with in the name of its tenant.
    pub db: Database,
    /// What wakes workers.
    pub queue: Arc<dyn JobQueue>,
    /// Where events are passed on.
    pub progress: Arc<dyn ProgressBus>,
}

/// What came of repeating a sync.
#[derive(Clone, PartialEq, Debug)]
pub enum Requeued {
    /// This sync does it again.
    As(Box<Requested>),
    /// There is nothing to repeat: the message was no job.
    NoSync,
    /// Another sync of the branch, which does something else, waits or runs.
    Busy(Box<ProjectSync>),
}

impl Dispatcher {
    /// Asks for a sync of a branch: see [`syncs::request`]. One that is made begins with its `queued` event.
    ///
    /// # Errors
    /// If the database is away, or the branch is gone.
    pub async fn request(
        &self,
        branch: &Branch,
        new: NewSync,
        queue_next: bool,
        now: DateTime<Utc>,
    ) -> Result<Requested, DbErr> {
        let first_event =
            |sync: &ProjectSync| ProgressEvent::queued(sync, &branch.name).to_row(sync.tenant_id);
        let requested =
            syncs::request(&self.db.tenant(branch.tenant_id), branch, new, queue_next, now, first_event)
                .await?;
        if requested.is_new {
            metrics::counter!(telemetry::ENQUEUED, "trigger" => requested.sync.trigger.as_str()).increment(1);
            self.tell_queued(ProgressEvent::queued(&requested.sync, &branch.name), requested.sync.project_id);
        }
        // One that runs has its worker; another message for it would only be answered with a look at its row.
        if requested.sync.status == SyncStatus::Pending {
            self.wake(&requested.sync, now).await;
        }
        tracing::debug!(sync = %requested.sync.id, is_new = requested.is_new, "requested");
        Ok(requested)
    }

    /// Passes a sync's first event on, and tells those who watch its project. Whoever asked does not wait for that.
    fn tell_queued(&self, event: ProgressEvent, project: ProjectId) {
        let progress = Arc::clone(&self.progress);
        let telling = async move {
            progress.publish(&event).await;
            progress.announce(project).await;
        };
        // Begun here, before a worker can tell of the next event; the bus within a process even ends here.
        let mut telling = Box::pin(telling);
        if telling.as_mut().now_or_never().is_none() {
            tokio::spawn(telling);
        }
    }

    /// Queues the message for a sync that is pending.
    pub async fn wake(&self, sync: &ProjectSync, now: DateTime<Utc>) {
        let job = NewJob {
            job: SyncJob::new(sync.id).traced(sync.trace_parent.clone()),
            tenant: sync.tenant_id,
            priority: sync.priority,
            delay: until(sync.run_after, now),
        };
        if let Err(error) = self.queue.push(&[job]).await {
            tracing::warn!(%error, sync = %sync.id, "not queued now; the rescue will");
        }
    }

    /// Queues the message for a sync that waits again because its worker is gone. That worker may not be dead but out of
    /// reach, and hold its loan of the message for as long as it likes: this makes an end of that.
    pub async fn wake_again(&self, sync: &ProjectSync, now: DateTime<Utc>) {
        if let Err(error) = self.queue.revoke(&[sync.id]).await {
            tracing::warn!(%error, sync = %sync.id, "the old loan stays");
        }
        self.wake(sync, now).await;
    }

    /// Wakes the sync that waits for the end of another one of its branch, if one does.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn wake_next(&self, ended: &ProjectSync, now: DateTime<Utc>) -> Result<(), DbErr> {
        if let Some(next) = syncs::waiting(&self.db.tenant(ended.tenant_id), ended.branch_id).await? {
            self.wake(&next, now).await;
        }
        Ok(())
    }

    /// Asks a sync to end. One that nobody runs ends at once; the worker of a running one is told. `false` if it has
    /// ended already.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn cancel(&self, sync: &ProjectSync, now: DateTime<Utc>) -> Result<bool, DbErr> {
        let transaction = self.db.tenant(sync.tenant_id).begin_write().await?;
        projects::lock_project(&transaction, sync.project_id).await?;
        if !syncs::cancel_pending(&transaction, sync.id, now).await? {
            let asked = syncs::request_cancel(&transaction, sync.id).await?;
            transaction.commit().await?;
            if asked && let Err(error) = self.queue.cancel(sync.id).await {
                tracing::warn!(%error, sync = %sync.id, "its worker will see the wish by its next heartbeat");
            }
            return Ok(asked);
        }
        let seq = syncs::last_event_seq(&transaction, sync.id).await? + 1;
        let event = ProgressEvent { sync_id: sync.id, seq, at: now, event: Event::Cancelled {} };
        syncs::append_event(&transaction, event.to_row(sync.tenant_id)?).await?;
        let written = integration::record(&transaction, sync.id, now).await?;
        transaction.commit().await?;
        written.tell();
        telemetry::count_finished(SyncStatus::Cancelled);
        self.progress.publish(&event).await;
        if let Err(error) = self.queue.remove(&[sync.id]).await {
            tracing::debug!(%error, sync = %sync.id, "left in the queue, where it does no harm");
        }
        self.wake_next(sync, now).await?;
        Ok(true)
    }

    /// Does again what a sync that has ended was to do, as a new sync; it leaves the dead set. A pending or running one
    /// that does the same is as good.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn requeue(
        &self,
        sync: &ProjectSync,
        trigger: SyncTrigger,
        trace_parent: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Requeued, DbErr> {
        let db = self.db.tenant(sync.tenant_id);
        let branch = projects::branch(&db, sync.branch_id).await?;
        let gone = || DbErr::RecordNotFound(format!("branch of sync {}", sync.id));
        let branch = branch.ok_or_else(gone)?;
        let new = NewSync { trigger, forced: sync.forced, restore_seq: sync.restore_seq, trace_parent };
        let requested = self.request(&branch, new, false, now).await?;
        if !does_the_same(&requested.sync, sync) {
            return Ok(Requeued::Busy(Box::new(requested.sync)));
        }
        rows::remove_dead_sync(&db, sync.id).await?;
        Ok(Requeued::As(Box::new(requested)))
    }

    /// Does again what a dead job was to do.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn requeue_dead(
        &self,
        dead: &DeadJob,
        trigger: SyncTrigger,
        trace_parent: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Requeued, DbErr> {
        let Some(id) = dead.sync_id else { return Ok(Requeued::NoSync) };
        match syncs::get(&self.db.system(), id).await? {
            Some(sync) => self.requeue(&sync, trigger, trace_parent, now).await,
            None => Ok(Requeued::NoSync),
        }
    }

    /// Lets nothing of `scope` be begun from now on. `false` if it is paused already.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn pause(
        &self,
        scope: PauseScope,
        reason: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<bool, DbErr> {
        rows::pause(&self.db.system(), scope, reason, now).await
    }

    /// Ends a pause, and wakes what waited. `false` if there is none.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn resume(&self, scope: PauseScope, now: DateTime<Utc>) -> Result<bool, DbErr> {
        if !rows::resume(&self.db.system(), scope).await? {
            return Ok(false);
        }
        let project = match scope {
            PauseScope::Queue => None,
            PauseScope::Project(_, project) => Some(project),
        };
        self.refill(project, now).await?;
        Ok(true)
    }

    /// Queues what waits in the database and is not in the queue: of one project, or all. Tells how many it was.
    ///
    /// # Errors
    /// If the database is away. That the queue is away is only logged.
    pub async fn refill(&self, project: Option<ProjectId>, now: DateTime<Utc>) -> Result<usize, DbErr> {
        let mut after: Option<WaitingSync> = None;
        let (mut seen, mut queued) = (0, 0);
        while seen < MAX_REFILL {
            let page =
                rows::waiting_syncs(&self.db.system(), project, after.as_ref(), MAX_BATCH as u64).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            seen += page.len();
            let jobs: Vec<NewJob> = page
                .into_iter()
                .map(|sync| NewJob {
                    job: SyncJob::new(sync.id).traced(sync.trace_parent),
                    tenant: sync.tenant_id,
                    priority: sync.priority,
                    delay: until(sync.run_after, now),
                })
                .collect();
            match self.queue.push(&jobs).await {
                Ok(new) => queued += new,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be filled now");
                    break;
                }
            }
            if jobs.len() < MAX_BATCH {
                break;
            }
        }
        Ok(queued)
    }
}

fn until(moment: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    moment.and_then(|moment| (moment - now).to_std().ok()).unwrap_or_default()
}

fn does_the_same(one: &ProjectSync, other: &ProjectSync) -> bool {
    one.kind == other.kind && one.restore_seq == other.restore_seq && (one.forced || !other.forced)
}
