//! What is around the phases: claim, heartbeat, retries, cancellation, timings, and exactly one ending.

use std::{sync::Arc, time::Duration};

use bus::{Dispatcher, Event, SyncJob};
use entities::{
    PhaseRecord, ProjectSync, SyncId, SyncStatus, TenantDb, projects,
    syncs::{self, Claim, ClaimOutcome, Ending},
};
use sea_orm::DbBackend;
use source::{Notice, Opened, SourceContext, SourceError, open_project, retry::RetryPolicy};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{Next, Phase, Progress, Run, phases, progress::Recorder};
use crate::{
    clock::Clock,
    error::{Recovery, SyncError},
    instance::Instance,
    memory::Rules,
    settings::WorkerSettings,
    telemetry,
};

/// How long the database is given to answer to a claim: another worker may reach it.
pub(super) const CLAIM_PATIENCE: Duration = Duration::from_secs(3);

/// Runs syncs.
pub struct Runner {
    /// The database, the queue and the events.
    pub dispatcher: Dispatcher,
    /// The worker's settings.
    pub settings: Arc<WorkerSettings>,
    /// What memory is derived from.
    pub rules: Arc<Rules>,
    /// This worker.
    pub instance: Arc<Instance>,
    /// Tells the time.
    pub clock: Clock,
    /// What happens after an error that may pass.
    pub persistence: Persistence,
}

/// What happens after an error that may pass, once the phases were tried as often as they may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Persistence {
    /// The sync fails: somebody waits for it and may ask again.
    FailAtOnce,
    /// The sync waits and is begun again, until its attempts are used up.
    Retry,
}

/// How a run is told to stop. Cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Stop {
    /// The sync is to end as cancelled.
    pub cancel: CancellationToken,
    /// The sync is to be given back, for another worker to begin it again.
    pub hand_over: CancellationToken,
}

/// What came of a job.
#[derive(Debug)]
pub enum RunOutcome {
    /// The sync has ended: this is its row.
    Ended(Box<ProjectSync>, Option<SyncError>),
    /// The sync is pending again: this is its row.
    Interrupted(Box<ProjectSync>, SyncError),
    /// Another sync of the branch runs.
    BranchBusy,
    /// The queue or the project is paused.
    Paused,
    /// The sync is not pending (any more): somebody else took it, or it has ended.
    NotPending,
}

impl Runner {
    /// Runs the sync that `job` names, to its end, or until `stop` fires.
    ///
    /// # Errors
    /// Only if the database is away: everything else ends the sync as failed and is part of the outcome.
    pub async fn run(
        &self,
        job: &SyncJob,
        opened: Option<Opened>,
        stop: Stop,
    ) -> Result<RunOutcome, SyncError> {
        let id = job.sync_id();
        let db = &self.dispatcher.db;
        let claim = self.claim(id);
        // SQLite's writers queue up for a while, and there is no other database that could be reached.
        let patience = match db.backend() {
            DbBackend::Sqlite => 2 * entities::SQLITE_BUSY_TIMEOUT,
            _ => CLAIM_PATIENCE,
        };
        let claim = tokio::time::timeout(patience, claim).await.map_err(|_| SyncError::NoAnswer)?;
        let (db, outcome) = match claim? {
            Some(found) => found,
            None => return Ok(RunOutcome::NotPending),
        };
        let claim = match outcome {
            ClaimOutcome::Claimed(claim) => claim,
            ClaimOutcome::BranchBusy => return Ok(RunOutcome::BranchBusy),
            ClaimOutcome::Paused => return Ok(RunOutcome::Paused),
            ClaimOutcome::NotPending => return Ok(RunOutcome::NotPending),
        };
        let span = telemetry::sync_span(id, job.trace_parent());
        self.run_claimed(db, claim, opened, stop).instrument(span).await
    }

    /// Claims a sync in the name of the tenant whose it is, in which all that follows is done. `None` if there is no such
    /// sync.
    async fn claim(&self, id: SyncId) -> Result<Option<(TenantDb, ClaimOutcome)>, SyncError> {
        let Some(sync) = syncs::get(&self.dispatcher.db.system(), id).await? else { return Ok(None) };
        let db = self.dispatcher.db.tenant(sync.tenant_id);
        let (now, lease) = (self.clock.now(), self.settings.lease());
        let outcome = syncs::claim(&db, id, self.instance.name(), now, lease).await?;
        Ok(Some((db, outcome)))
    }

    async fn run_claimed(
        &self,
        db: TenantDb,
        claim: Claim,
        opened: Option<Opened>,
        stop: Stop,
    ) -> Result<RunOutcome, SyncError> {
        let halt = stop.cancel.child_token();
        let _heartbeat = self.keep_alive(db.clone(), claim.clone(), halt.clone(), stop.hand_over.clone());
        let mut run = self.start(db, claim, opened, halt).await?;
        tracing::Span::current().record("branch", run.branch.name.as_str());
        let mut records = Vec::new();
        let result = self.run_phases(&mut run, &mut records).await;
        let result = match result {
            Ok(()) => self.end(&run, run.completed()?, &records, false).await,
            Err(error) => Err(error),
        };
        let error = match result {
            Ok(()) => None,
            Err(error) => {
                telemetry::note_failure(&error);
                // A sync that was taken over, or whose last commit went through after all, stays as it is.
                // Later than a lease after the last heartbeat nobody would take it from us any more.
                let ending = self.stop_after(&run, &error, &records, &stop);
                match tokio::time::timeout(2 * self.settings.lease(), ending).await {
                    Ok(Ok(()) | Err(SyncError::ClaimLost)) => Some(error),
                    Ok(Err(ending_error)) => return Err(ending_error),
                    Err(_) => return Err(SyncError::NoAnswer),
                }
            }
        };
        let row = syncs::get(&run.db, run.claim.sync).await?;
        let row = Box::new(row.ok_or(SyncError::Internal("the row of a running sync is gone"))?);
        telemetry::count_run(&row);
        tracing::info!(status = %row.status, requests = row.requests_made, bytes = row.bytes_fetched, "the run ended");
        Ok(match (row.status, error) {
            (SyncStatus::Completed, _) => RunOutcome::Ended(row, None),
            (SyncStatus::Pending | SyncStatus::Running, Some(error)) => RunOutcome::Interrupted(row, error),
            (_, error) => RunOutcome::Ended(row, error),
        })
    }

    /// What an error comes to: the sync is given back, cancelled, or fails.
    async fn stop_after(
        &self,
        run: &Run,
        error: &SyncError,
        records: &[PhaseRecord],
        stop: &Stop,
    ) -> Result<(), SyncError> {
        let is_stopped = matches!(error, SyncError::Cancelled | SyncError::Source(SourceError::Cancelled));
        let gives_back = if is_stopped {
            // Handed over, or stopped by the heartbeat. If that found that someone asked for the end, or that the claim is
            // lost, giving back is refused; otherwise the database was away, and nobody wants the sync cancelled.
            !stop.cancel.is_cancelled()
        } else {
            self.persistence == Persistence::Retry && error.may_pass()
        };
        let has_attempts = run.sync.attempts.unsigned_abs() < self.settings.worker.max_attempts;
        let is_handed_over = is_stopped && stop.hand_over.is_cancelled();
        let reason = if is_stopped { &SyncError::NoAnswer } else { error };
        if gives_back && (is_stopped || has_attempts) && self.give_back(run, reason, is_handed_over).await? {
            return Ok(());
        }
        if is_stopped {
            return self.end(run, Ending::Cancelled, records, false).await;
        }
        let ending = Ending::Failed { code: error.code().to_owned(), message: error.to_string() };
        self.end(run, ending, records, gives_back).await
    }

    /// Gathers what the phases need.
    async fn start(
        &self,
        db: TenantDb,
        claim: Claim,
        opened: Option<Opened>,
        stop: CancellationToken,
    ) -> Result<Run, SyncError> {
        let reading = db.begin().await?;
        let gone = SyncError::Internal("the row of a claimed sync is gone");
        let sync = syncs::get(&reading, claim.sync).await?.ok_or(gone)?;
        let gone = SyncError::Internal("the branch of a claimed sync is gone");
        let branch = projects::branch(&reading, claim.branch).await?.ok_or(gone)?;
        let project = projects::of_branch(&reading, &branch).await?;
        let (source, context, found_head) = match opened {
            Some(Opened { source, context, head }) => (source, context, head),
            None => (open_project(&reading, &project, &self.settings.source).await?, None, None),
        };
        let last_event = syncs::last_event_seq(&reading, claim.sync).await?;
        reading.commit().await?;
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
        let context = context.with_priority(sync.priority.into());
        let recorder = Recorder {
            db: db.clone(),
            bus: Arc::clone(&self.dispatcher.progress),
            clock: self.clock.clone(),
            tenant: sync.tenant_id,
            claim: claim.clone(),
            patience: self.settings.lease(),
        };
        let progress = Progress::start(recorder, context.clone(), last_event);
        let _ = voice.set(progress.clone());
        Ok(Run {
            db,
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
        // The end of a phase is kept together with the beginning of the next.
        let mut completed = None;
        while let Some(phase) = phases.get(index) {
            // Not tried again here: who keeps the events has waited for the database as long as the claim may hold.
            self.enter(*phase, run, records, completed.take()).await?;
            match self.run_phase(*phase, run, records).await {
                Ok((next, event)) => {
                    completed = Some(event);
                    index = match next {
                        Next::Continue => index + 1,
                        Next::SkipTo(name) => {
                            phases.iter().position(|phase| phase.name() == name).unwrap_or(phases.len())
                        }
                    };
                }
                Err(error) => {
                    failures += 1;
                    index = self.recover(error, index, failures, &policy, run).await?;
                }
            }
        }
        if let Some(event) = completed {
            run.progress.tell(event).await;
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

    /// Begins a phase: its row says so and its event is kept before it does anything.
    async fn enter(
        &self,
        phase: &'static dyn Phase,
        run: &Run,
        records: &mut Vec<PhaseRecord>,
        completed: Option<Event>,
    ) -> Result<(), SyncError> {
        let name = phase.name();
        let record = record_of(records, name);
        record.attempts += 1;
        let started = Event::PhaseStarted { phase: name.to_owned(), attempt: record.attempts };
        let kept = run.progress.enter(name, completed.into_iter().chain([started]).collect()).await;
        tokio::select! {
            biased;
            () = run.cancel.cancelled() => Err(SyncError::Cancelled),
            kept = kept.wait() => kept.map(|_| ()),
        }
    }

    /// Runs a phase that was entered. Gives what comes next, and the event that tells of its end.
    async fn run_phase(
        &self,
        phase: &'static dyn Phase,
        run: &mut Run,
        records: &mut Vec<PhaseRecord>,
    ) -> Result<(Next, Event), SyncError> {
        let name = phase.name();
        let record = record_of(records, name);
        let (attempt, started) = (record.attempts, Instant::now());
        let span = tracing::info_span!("phase", phase = name, attempt);
        let cancel = run.cancel.clone();
        let result = tokio::select! {
            biased;
            () = cancel.cancelled() => Err(SyncError::Cancelled),
            result = phase.run(run).instrument(span.clone()) => result,
        };
        let duration_ms = started.elapsed().as_millis() as i64;
        record.duration_ms += duration_ms;
        telemetry::count_phase(name, &span, started.elapsed(), &result);
        result.map(|next| (next, Event::PhaseCompleted { phase: name.to_owned(), duration_ms }))
    }
}

/// The record of a phase: a new one if it was never entered.
fn record_of<'a>(records: &'a mut Vec<PhaseRecord>, name: &str) -> &'a mut PhaseRecord {
    let index = records.iter().position(|record| record.phase == name).unwrap_or_else(|| {
        records.push(PhaseRecord { phase: name.to_owned(), duration_ms: 0, attempts: 0 });
        records.len() - 1
    });
    &mut records[index]
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
