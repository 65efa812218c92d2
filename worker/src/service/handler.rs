//! What becomes of one job.

use std::{sync::Arc, time::Duration};

use bus::{
    DecodeError, SyncJob,
    queue::{Delivery, Settlement},
};
use entities::{
    ProjectSync, SyncStatus,
    queue::{self, NewDeadJob},
    syncs,
};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::loans::{Gate, Running};
use crate::{
    error::SyncError,
    pipeline::{Rescued, RunOutcome, Runner, Stop},
    telemetry,
};

/// How long a job waits while the database is away.
const DATABASE_DELAY: Duration = Duration::from_secs(1);

/// How long the database is given to answer before it counts as away.
const DATABASE_PATIENCE: Duration = Duration::from_secs(2);

/// Nothing is left to do.
const DONE: Settlement = Settlement::Done;

/// Handles jobs. Cheap to clone.
#[derive(Clone)]
pub(super) struct Handler {
    pub(super) runner: Arc<Runner>,
    pub(super) running: Arc<Running>,
    /// Whether jobs are claimed.
    pub(super) gate: Gate,
    /// Fires when what runs is to be given to other workers.
    pub(super) hand_over: CancellationToken,
}

impl Handler {
    /// Runs the sync that a job names, if it is to be run, and says what becomes of the job.
    pub(super) async fn handle(&self, delivery: Delivery) -> Settlement {
        match SyncJob::decode(&delivery.payload) {
            Ok(job) => self.run(job).await,
            Err(error) => self.refuse(&delivery, &error).await,
        }
    }

    async fn run(&self, job: SyncJob) -> Settlement {
        let result = match self.run_once(&job).await {
            Ok(RunOutcome::NotPending) => self.rescue(&job).await,
            result => result,
        };
        self.settlement(result).await
    }

    /// Runs a sync in a task of its own: syncs share the processors, and a panic is only that task's.
    async fn run_once(&self, job: &SyncJob) -> Result<RunOutcome, SyncError> {
        let Some(run) = self.running.begin(job.sync_id()) else {
            // A message that came twice. The first one's run tells when it is over.
            return Ok(RunOutcome::BranchBusy);
        };
        let (runner, job_there) = (Arc::clone(&self.runner), job.clone());
        let stop = Stop { cancel: run.cancel.clone(), hand_over: self.hand_over.clone() };
        let task = async move {
            let _run = run;
            runner.run(&job_there, None, stop).await
        };
        match tokio::spawn(task.in_current_span()).await {
            Ok(result) => result,
            Err(error) => {
                tracing::error!(sync = %job.sync_id(), %error, "running the sync panicked");
                self.give_up(job).await
            }
        }
    }

    /// A sync whose running panics would do so again.
    async fn give_up(&self, job: &SyncJob) -> Result<RunOutcome, SyncError> {
        let row = syncs::get(&self.runner.dispatcher.db.system(), job.sync_id()).await?;
        let Some(row) = row.filter(|row| row.status == SyncStatus::Running) else {
            return Ok(RunOutcome::BranchBusy);
        };
        self.runner.give_up(&row, "internal", "an internal error; it is in the worker's log").await?;
        Ok(RunOutcome::Ended(Box::new(row), None))
    }

    /// A job whose sync is not pending: if its worker is gone, it is begun again at once.
    async fn rescue(&self, job: &SyncJob) -> Result<RunOutcome, SyncError> {
        let Some(row) = syncs::get(&self.runner.dispatcher.db.system(), job.sync_id()).await? else {
            return Ok(RunOutcome::NotPending);
        };
        match self.runner.rescue(&row).await? {
            Rescued::Requeued => self.run_once(job).await,
            Rescued::No => Ok(RunOutcome::NotPending),
            Rescued::Ended => Ok(RunOutcome::Ended(Box::new(row), None)),
        }
    }

    async fn settlement(&self, result: Result<RunOutcome, SyncError>) -> Settlement {
        match result {
            Ok(RunOutcome::Ended(row, error)) => {
                if let Some(error) = error {
                    let trace_id = telemetry::trace_id(&row);
                    tracing::warn!(sync = %row.id, trace_id, status = %row.status, %error, "the sync ended early");
                }
                self.wake_next(&row).await;
                DONE
            }
            Ok(RunOutcome::Interrupted(row, error)) if row.status == SyncStatus::Pending => {
                let (trace_id, run_after) = (telemetry::trace_id(&row), row.run_after);
                tracing::info!(sync = %row.id, trace_id, %error, ?run_after, "the sync is to be begun again");
                let now = self.runner.clock.now();
                let wait = row.run_after.and_then(|moment| (moment - now).to_std().ok());
                Settlement::Retry { after: wait.unwrap_or_default(), counted: row.run_after.is_some() }
            }
            // Somebody else's now, or nobody's before the next message: who ends the pause, or the sync that keeps the
            // branch busy, sends one.
            Ok(
                RunOutcome::Interrupted(..)
                | RunOutcome::BranchBusy
                | RunOutcome::Paused
                | RunOutcome::NotPending,
            ) => DONE,
            Err(error) => {
                tracing::warn!(%error, "the sync cannot be run here now");
                self.wait_for_the_database();
                Settlement::Retry { after: DATABASE_DELAY, counted: false }
            }
        }
    }

    /// Nothing more is claimed while the database is out of reach: another worker may reach it.
    fn wait_for_the_database(&self) {
        let db = self.runner.dispatcher.db.clone();
        self.gate.shut_until(move || {
            let db = db.clone();
            async move { entities::is_there(&db, DATABASE_PATIENCE).await }
        });
    }

    /// Wakes the sync that waited for this one. Where that fails, the rescue does it.
    async fn wake_next(&self, ended: &ProjectSync) {
        if let Err(error) = self.runner.dispatcher.wake_next(ended, self.runner.clock.now()).await {
            tracing::warn!(%error, "the next sync of the branch is not woken now");
        }
    }

    /// A message that is no job for us. One of a newer version is left to newer workers for a while.
    async fn refuse(&self, delivery: &Delivery, error: &DecodeError) -> Settlement {
        let settings = &self.runner.settings.worker;
        if matches!(error, DecodeError::UnknownVersion(_)) && delivery.attempt < settings.max_attempts {
            tracing::warn!(job = %delivery.id, %error, "left to newer workers");
            return Settlement::Retry { after: settings.retry_delay(delivery.attempt), counted: true };
        }
        let code = match error {
            DecodeError::UnknownVersion(_) => "unknown-version",
            DecodeError::Broken(_) => "broken-message",
        };
        let dead = NewDeadJob {
            sync: None,
            payload: Some(delivery.payload.clone()),
            code: code.to_owned(),
            message: error.to_string(),
            attempts: i32::try_from(delivery.attempt).unwrap_or(i32::MAX),
        };
        tracing::warn!(job = %delivery.id, %error, "a message is given up");
        match queue::bury(&self.runner.dispatcher.db.system(), dead, self.runner.clock.now()).await {
            Ok(_) => DONE,
            Err(error) => {
                tracing::warn!(%error, "the dead set cannot be written now");
                self.wait_for_the_database();
                Settlement::Retry { after: DATABASE_DELAY, counted: false }
            }
        }
    }
}
