//! What is around the phases: claim, heartbeat, retries, cancellation, timings, and exactly one ending.

use std::{sync::Arc, time::Duration};

use bus::{Event, ProgressBus, SyncJob};
use entities::{
    PhaseRecord, ProjectSync, SyncStatus, projects,
    syncs::{self, Claim, ClaimOutcome, Ending, Heartbeat},
};
use sea_orm::DatabaseConnection;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};
use tracing::Instrument;

use super::{Next, Phase, Progress, Run, phases, progress::Recorder};
use crate::{
    clock::Clock,
    error::{Recovery, SyncError},
    instance::Instance,
    memory::Rules,
    settings::WorkerSettings,
    source::{Head, Notice, Source, SourceContext, open_source, retry::RetryPolicy},
};

/// Runs syncs.
pub struct Runner {
    /// The database.
    pub db: DatabaseConnection,
    /// Where events are passed on.
    pub bus: Arc<dyn ProgressBus>,
    /// The worker's settings.
    pub settings: Arc<WorkerSettings>,
    /// What memory is derived from.
    pub rules: Arc<Rules>,
    /// This worker.
    pub instance: Arc<Instance>,
    /// Tells the time.
    pub clock: Clock,
}

/// What came of a job.
#[derive(Debug)]
pub enum RunOutcome {
    /// The sync has ended: this is its row.
    Ended(Box<ProjectSync>, Option<SyncError>),
    /// Another sync of the branch runs.
    BranchBusy,
    /// The sync is not pending (any more): somebody else took it, or it has ended.
    NotPending,
}

/// A repository that was opened before its sync began, so that nothing is asked twice.
pub struct Opened {
    /// The repository.
    pub source: Arc<dyn Source>,
    /// Its traffic so far.
    pub context: Option<SourceContext>,
    /// The head, if it was found already.
    pub head: Option<Head>,
}

impl Runner {
    /// Runs the sync that `job` names, to its end. `cancel` ends it early.
    ///
    /// # Errors
    /// Only if the database is away: everything else ends the sync as failed and is part of the outcome.
    pub async fn run(
        &self,
        job: &SyncJob,
        opened: Option<Opened>,
        cancel: CancellationToken,
    ) -> Result<RunOutcome, SyncError> {
        let id = job.sync_id();
        let lease = self.settings.lease();
        let outcome = syncs::claim(&self.db, id, self.instance.name(), self.clock.now(), lease).await?;
        let claim = match outcome {
            ClaimOutcome::Claimed(claim) => claim,
            ClaimOutcome::BranchBusy => return Ok(RunOutcome::BranchBusy),
            ClaimOutcome::NotPending => return Ok(RunOutcome::NotPending),
        };
        let span = tracing::info_span!("sync", sync = %id);
        self.run_claimed(claim, opened, cancel.child_token()).instrument(span).await
    }

    async fn run_claimed(
        &self,
        claim: Claim,
        opened: Option<Opened>,
        stop: CancellationToken,
    ) -> Result<RunOutcome, SyncError> {
        let _heartbeat = self.keep_alive(claim.clone(), stop.clone());
        let mut run = self.start(claim, opened, stop.clone()).await?;
        let mut records = Vec::new();
        let result = self.run_phases(&mut run, &mut records).await;
        let result = match result {
            Ok(()) => self.end(&run, run.completed()?, &records).await,
            Err(error) => Err(error),
        };
        let error = match result {
            Ok(()) => None,
            Err(error) => {
                let ending = match &error {
                    SyncError::Cancelled => Ending::Cancelled,
                    SyncError::Source(crate::source::SourceError::Cancelled) => Ending::Cancelled,
                    other => Ending::Failed { code: other.code().to_owned(), message: other.to_string() },
                };
                // A sync that was taken over, or whose last commit went through after all, stays as it is.
                if let Err(ending_error) = self.end(&run, ending, &records).await
                    && !matches!(ending_error, SyncError::ClaimLost)
                {
                    return Err(ending_error);
                }
                Some(error)
            }
        };
        let row = syncs::get(&self.db, run.claim.sync).await?;
        let row = row.ok_or(SyncError::Internal("the row of a running sync is gone"))?;
        let error = error.filter(|_| row.status != SyncStatus::Completed);
        Ok(RunOutcome::Ended(Box::new(row), error))
    }

    /// Gathers what the phases need.
    async fn start(
        &self,
        claim: Claim,
        opened: Option<Opened>,
        stop: CancellationToken,
    ) -> Result<Run, SyncError> {
        let gone = SyncError::Internal("the row of a claimed sync is gone");
        let sync = syncs::get(&self.db, claim.sync).await?.ok_or(gone)?;
        let gone = SyncError::Internal("the branch of a claimed sync is gone");
        let branch = projects::branch(&self.db, claim.branch).await?.ok_or(gone)?;
        let project = projects::of_branch(&self.db, &branch).await?;
        let (source, context, found_head) = match opened {
            Some(Opened { source, context, head }) => (source, context, head),
            None => {
                let spec = project
                    .source()
                    .map_err(|_| SyncError::Internal("the repository's source cannot be read"))?;
                (open_source(&spec, &self.settings.source)?, None, None)
            }
        };
        // Notices come from deep inside a source and end up in the progress, which needs the context's traffic: the
        // slot closes the circle.
        let voice: Arc<std::sync::OnceLock<Progress>> = Arc::default();
        let speak = Arc::clone(&voice);
        let notify = move |notice| {
            if let Some(progress) = speak.get() {
                tell_notice(progress, &notice);
            }
        };
        let context = match context {
            Some(context) => context.with(stop.clone(), notify),
            None => SourceContext::new(stop.clone(), notify),
        };
        let recorder = Recorder {
            db: self.db.clone(),
            bus: Arc::clone(&self.bus),
            clock: self.clock.clone(),
            tenant: sync.tenant_id,
            claim: claim.clone(),
        };
        let progress = Progress::start(recorder, context.clone()).await?;
        let _ = voice.set(progress.clone());
        Ok(Run {
            db: self.db.clone(),
            claim,
            sync,
            branch,
            repository: project.repository,
            settings: Arc::clone(&self.settings),
            rules: Arc::clone(&self.rules),
            source,
            context,
            progress,
            clock: self.clock.clone(),
            cancel: stop,
            previous: None,
            found_head,
            head: None,
            snapshot: None,
            target: None,
            use_haves: true,
            derive_all: false,
            files_walked: None,
            counts: Default::default(),
        })
    }

    /// Runs the phases in order, again where that could help.
    async fn run_phases(&self, run: &mut Run, records: &mut Vec<PhaseRecord>) -> Result<(), SyncError> {
        let phases = phases(run.sync.kind);
        let policy = self.settings.phase_retry_policy();
        let mut failures = 0;
        let mut index = 0;
        while let Some(phase) = phases.get(index) {
            match self.run_phase(*phase, run, records).await {
                Ok(Next::Continue) => index += 1,
                Ok(Next::SkipTo(name)) => {
                    index = phases.iter().position(|phase| phase.name() == name).unwrap_or(phases.len());
                }
                Err(error) => {
                    failures += 1;
                    index = self.recover(error, index, failures, &policy, run).await?;
                }
            }
        }
        Ok(())
    }

    /// Where to go on after a failure, once it has been waited for; the error itself if nowhere.
    async fn recover(
        &self,
        error: SyncError,
        index: usize,
        failures: u32,
        policy: &RetryPolicy,
        run: &mut Run,
    ) -> Result<usize, SyncError> {
        let again = match error.recovery() {
            Recovery::None => return Err(error),
            Recovery::Everything if !run.use_haves => return Err(error),
            _ if failures >= policy.attempts => return Err(error),
            Recovery::Phase => index,
            Recovery::Head => 0,
            Recovery::Everything => {
                run.use_haves = false;
                run.snapshot = None;
                // The scan, which opens the commit.
                index.min(1)
            }
        };
        let phase = phases(run.sync.kind).get(index).map_or("", |phase| phase.name());
        run.progress.warn(phase, "retrying", format!("{error}; trying again")).await;
        let delay = policy.delay(failures + 1);
        tokio::select! {
            () = tokio::time::sleep(delay) => Ok(again),
            () = run.cancel.cancelled() => Err(SyncError::Cancelled),
        }
    }

    async fn run_phase(
        &self,
        phase: &'static dyn Phase,
        run: &mut Run,
        records: &mut Vec<PhaseRecord>,
    ) -> Result<Next, SyncError> {
        let name = phase.name();
        let record = match records.iter().position(|record: &PhaseRecord| record.phase == name) {
            Some(index) => index,
            None => {
                records.push(PhaseRecord { phase: name.to_owned(), duration_ms: 0, attempts: 0 });
                records.len() - 1
            }
        };
        records[record].attempts += 1;
        if !syncs::enter_phase(&run.db, &run.claim, name).await? {
            return Err(SyncError::ClaimLost);
        }
        let attempt = records[record].attempts;
        run.progress.tell(Event::PhaseStarted { phase: name.to_owned(), attempt }).await;
        let started = Instant::now();
        let cancel = run.cancel.clone();
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(SyncError::Cancelled),
            result = phase.run(run).instrument(tracing::info_span!("phase", phase = name)) => result,
        };
        let duration_ms = started.elapsed().as_millis() as i64;
        records[record].duration_ms += duration_ms;
        if result.is_ok() {
            run.progress.tell(Event::PhaseCompleted { phase: name.to_owned(), duration_ms }).await;
        }
        result
    }

    /// Prolongs the lease three times in each of its lengths. Fires `stop` when the sync is to end or is ours no more.
    /// Ends with the guard.
    fn keep_alive(&self, claim: Claim, stop: CancellationToken) -> DropGuard {
        let done = CancellationToken::new();
        let (db, clock, lease) = (self.db.clone(), self.clock.clone(), self.settings.lease());
        let over = done.clone();
        tokio::spawn(async move {
            let mut beat = tokio::time::interval(self::beat_interval(lease));
            loop {
                tokio::select! {
                    _ = beat.tick() => {}
                    () = over.cancelled() => return,
                }
                match syncs::heartbeat(&db, &claim, clock.now(), lease).await {
                    Ok(Heartbeat::Held) => {}
                    Ok(Heartbeat::CancelRequested | Heartbeat::Lost) => return stop.cancel(),
                    // The fence decides; a database that is away for longer than the lease loses us the claim.
                    Err(error) => tracing::warn!(%error, "heartbeat"),
                }
            }
        });
        done.drop_guard()
    }
}

/// How often a lease is prolonged: at least once a second, so that a cancellation is noticed soon.
fn beat_interval(lease: Duration) -> Duration {
    (lease / 3).min(Duration::from_secs(1)).max(Duration::from_millis(10))
}

fn tell_notice(progress: &Progress, notice: &Notice) {
    let (code, message) = match notice {
        Notice::RateLimited { until } => {
            ("rate-limited", format!("rate limit reached; waiting until {}", until.format("%H:%M:%S UTC")))
        }
        Notice::Retrying { reason, attempt, delay } => {
            ("retrying", format!("{reason}; attempt {attempt} in {:.1} s", delay.as_secs_f64()))
        }
        Notice::Fallback { reason } => ("fallback", reason.clone()),
    };
    progress.warn_now("source", code, message);
}
