//! How the running of a sync ends: in order, for now, or because its worker is gone. Each in one transaction with the
//! event that tells it, so that a sync that has ended has exactly one terminal event.

use bus::{Event, EventError, EventKind, Interruption, ProgressEvent, integration};
use chrono::{DateTime, Utc};
use entities::{
    PhaseRecord, ProjectSync, SyncStatus, TenantId, TenantTx, projects,
    queue::{self, NewDeadJob},
    syncs::{self, Claim, Ending, Totals},
};

use super::{Run, Runner, progress::patiently};
use crate::{error::SyncError, telemetry};

/// What came of looking after a sync whose worker may be gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rescued {
    /// Nothing: it is looked after, or has changed meanwhile.
    No,
    /// It is pending again.
    Requeued,
    /// It has ended: cancelled, or failed after too many attempts.
    Ended,
}

/// An ending with all that goes with it.
struct Closing<'a> {
    claim: &'a Claim,
    tenant: TenantId,
    ending: Ending,
    totals: Totals,
    event: ProgressEvent,
    /// What the dead set is told, where the sync is given up although a retry might have helped.
    dead: Option<NewDeadJob>,
}

impl Runner {
    /// Ends the sync: its row, its last event and, if it completed, the branch's head, all in one transaction. With
    /// `is_given_up`, it joins the dead set.
    pub(super) async fn end(
        &self,
        run: &Run,
        ending: Ending,
        records: &[PhaseRecord],
        is_given_up: bool,
    ) -> Result<(), SyncError> {
        let seq = run.progress.flush().await? + 1;
        let totals = run.totals(records);
        let event = match &ending {
            Ending::Completed { seq, commit, .. } => {
                Event::Completed { number: *seq, commit: commit.to_string(), counts: totals.counts }
            }
            Ending::Failed { code, message } => Event::Failed { error: event_error(code, message) },
            Ending::Cancelled => Event::Cancelled {},
        };
        debug_assert_eq!(event.kind(), EventKind::Terminal);
        let event = ProgressEvent { sync_id: run.claim.sync, seq, at: self.clock.now(), event };
        let dead = dead_job(&run.sync, &ending).filter(|_| is_given_up);
        let closing = Closing { claim: &run.claim, tenant: run.tenant(), ending, totals, event, dead };
        // The answer to a commit may get lost: then the next attempt finds the claim gone, and the row as it was left.
        patiently(self.settings.lease(), || async {
            let transaction = run.db.begin_write().await?;
            projects::lock_project(&transaction, run.sync.project_id).await?;
            self.close(transaction, &closing).await
        })
        .await
    }

    /// The transaction holds the project's row, as [`integration::record`] wants it, before it touches anything else.
    async fn close(&self, transaction: TenantTx, closing: &Closing<'_>) -> Result<(), SyncError> {
        let Closing { claim, tenant, ending, totals, event, dead } = closing;
        let now = self.clock.now();
        if !syncs::finish(&transaction, claim, ending, totals, now).await? {
            return Err(SyncError::ClaimLost);
        }
        syncs::append_event(&transaction, event.to_row(*tenant)?).await?;
        if let Some(dead) = dead {
            queue::bury(&transaction, dead.clone(), now).await?;
        }
        let written = integration::record(&transaction, claim.sync, now).await?;
        transaction.commit().await?;
        written.tell();
        bus::telemetry::count_finished(match ending {
            Ending::Completed { .. } => SyncStatus::Completed,
            Ending::Failed { .. } => SyncStatus::Failed,
            Ending::Cancelled => SyncStatus::Cancelled,
        });
        if let Some(dead) = dead {
            metrics::counter!(telemetry::GIVEN_UP, "code" => dead.code.clone()).increment(1);
        }
        self.dispatcher.progress.publish(event).await;
        Ok(())
    }

    /// Gives a sync back, to be begun again. `false` if it is not to be: someone asked for its end, or the claim is
    /// lost.
    pub(super) async fn give_back(
        &self,
        run: &Run,
        error: &SyncError,
        is_handed_over: bool,
    ) -> Result<bool, SyncError> {
        let seq = run.progress.flush().await? + 1;
        let now = self.clock.now();
        let event = if is_handed_over {
            Event::Interrupted { reason: Interruption::HandedOver, retry_at: None, error: None }
        } else {
            let delay = self.settings.worker.retry_delay(run.sync.attempts.unsigned_abs());
            let retry_at = error.retry_at().unwrap_or(now).max(now + delay);
            let error = Some(event_error(error.code(), &error.to_string()));
            Event::Interrupted { reason: Interruption::Error, retry_at: Some(retry_at), error }
        };
        let event = ProgressEvent { sync_id: run.claim.sync, seq, at: now, event };
        let is_given_back = patiently(self.settings.lease(), || async {
            let transaction = run.db.begin_write().await?;
            self.write_give_back(transaction, &run.claim, run.tenant(), &event, is_handed_over).await
        })
        .await?;
        if is_given_back && !is_handed_over {
            metrics::counter!(telemetry::RETRIES, "code" => error.code()).increment(1);
        }
        Ok(is_given_back)
    }

    async fn write_give_back(
        &self,
        transaction: TenantTx,
        claim: &Claim,
        tenant: TenantId,
        event: &ProgressEvent,
        uncount: bool,
    ) -> Result<bool, SyncError> {
        let run_after = match &event.event {
            Event::Interrupted { retry_at, .. } => *retry_at,
            _ => None,
        };
        if !syncs::give_back(&transaction, claim, run_after, uncount).await? {
            return Ok(false);
        }
        syncs::append_event(&transaction, event.to_row(tenant)?).await?;
        transaction.commit().await?;
        self.dispatcher.progress.publish(event).await;
        Ok(true)
    }

    /// Looks after a running sync: if its worker is gone (its lease is over, or we know that it died), it is to be begun
    /// again, or ends if someone asked for that or its attempts are used up.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rescue(&self, seen: &ProjectSync) -> Result<Rescued, SyncError> {
        let now = self.clock.now();
        if seen.status != SyncStatus::Running || !self.is_abandoned(seen, now) {
            return Ok(Rescued::No);
        }
        let transaction = self.dispatcher.db.tenant(seen.tenant_id).begin_write().await?;
        projects::lock_project(&transaction, seen.project_id).await?;
        let worker = self.instance.name();
        let lease = self.settings.lease();
        let Some(claim) = syncs::take_over(&transaction, seen, worker, now, lease).await? else {
            return Ok(Rescued::No);
        };
        // Read under the claim: it may have changed since it was seen.
        let sync = syncs::get(&transaction, seen.id).await?.unwrap_or_else(|| seen.clone());
        let seq = syncs::last_event_seq(&transaction, seen.id).await? + 1;
        let event = |event| ProgressEvent { sync_id: seen.id, seq, at: now, event };
        if !sync.cancel_requested && sync.attempts.unsigned_abs() < self.settings.worker.max_attempts {
            let lost = Interruption::WorkerLost;
            let event = event(Event::Interrupted { reason: lost, retry_at: None, error: None });
            self.write_give_back(transaction, &claim, seen.tenant_id, &event, false).await?;
            tracing::warn!(sync = %seen.id, attempts = sync.attempts, "a sync whose worker is gone waits again");
            return Ok(Rescued::Requeued);
        }
        let (ending, event) = if sync.cancel_requested {
            (Ending::Cancelled, event(Event::Cancelled {}))
        } else {
            let code = "worker-lost".to_owned();
            let message = format!("{} workers began it and were lost", sync.attempts);
            let error = event_error(&code, &message);
            (Ending::Failed { code, message }, event(Event::Failed { error }))
        };
        let dead = dead_job(&sync, &ending);
        let (tenant, totals) = (seen.tenant_id, Totals::default());
        self.close(transaction, &Closing { claim: &claim, tenant, ending, totals, event, dead }).await?;
        tracing::warn!(sync = %seen.id, "ended a sync whose worker is gone");
        Ok(Rescued::Ended)
    }

    fn is_abandoned(&self, seen: &ProjectSync, now: DateTime<Utc>) -> bool {
        let expired = seen.lease_until.is_some_and(|until| until < now);
        expired || seen.worker.as_deref().is_some_and(|worker| self.instance.is_gone(worker))
    }

    /// Ends a sync that somebody runs or ran as failed, because running it panics.
    pub(crate) async fn give_up(
        &self,
        seen: &ProjectSync,
        code: &str,
        message: &str,
    ) -> Result<(), SyncError> {
        let now = self.clock.now();
        let transaction = self.dispatcher.db.tenant(seen.tenant_id).begin_write().await?;
        projects::lock_project(&transaction, seen.project_id).await?;
        let (worker, lease) = (self.instance.name(), self.settings.lease());
        let Some(claim) = syncs::take_over(&transaction, seen, worker, now, lease).await? else {
            return Ok(());
        };
        let seq = syncs::last_event_seq(&transaction, seen.id).await? + 1;
        let event = Event::Failed { error: event_error(code, message) };
        let event = ProgressEvent { sync_id: seen.id, seq, at: now, event };
        let ending = Ending::Failed { code: code.to_owned(), message: message.to_owned() };
        let dead = dead_job(seen, &ending);
        let (tenant, totals) = (seen.tenant_id, Totals::default());
        self.close(transaction, &Closing { claim: &claim, tenant, ending, totals, event, dead }).await
    }
}

fn event_error(code: &str, message: &str) -> EventError {
    EventError { code: code.to_owned(), message: message.to_owned() }
}

/// What the dead set keeps of a sync that failed; nothing if it did not.
fn dead_job(sync: &ProjectSync, ending: &Ending) -> Option<NewDeadJob> {
    let Ending::Failed { code, message } = ending else { return None };
    Some(NewDeadJob {
        sync: Some((sync.tenant_id, sync.id)),
        payload: None,
        code: code.clone(),
        message: message.clone(),
        attempts: sync.attempts,
    })
}
