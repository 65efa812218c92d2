//! How syncs end: in order, because their worker is gone, or because someone asked. Each in one transaction with the last
//! event, so that a sync that has ended has exactly one.

use bus::{Event, EventError, EventKind, ProgressEvent};
use entities::{
    PhaseRecord, ProjectSync, SyncStatus, TenantId,
    syncs::{self, Claim, Ending, Totals},
};
use sea_orm::DatabaseTransaction;

use super::{Run, Runner, progress::event_row};
use crate::error::SyncError;

impl Runner {
    /// Ends the sync: its row, its last event and, if it completed, the branch's head, all in one transaction.
    pub(super) async fn end(
        &self,
        run: &Run,
        ending: Ending,
        records: &[PhaseRecord],
    ) -> Result<(), SyncError> {
        let seq = run.progress.flush().await? + 1;
        let totals = run.totals(records);
        let event = match &ending {
            Ending::Completed { seq, commit, .. } => {
                Event::Completed { number: *seq, commit: commit.to_string(), counts: totals.counts }
            }
            Ending::Failed { code, message } => {
                Event::Failed { error: EventError { code: code.clone(), message: message.clone() } }
            }
            Ending::Cancelled => Event::Cancelled {},
        };
        debug_assert_eq!(event.kind(), EventKind::Terminal);
        let event = ProgressEvent { sync_id: run.claim.sync, seq, at: self.clock.now(), event };
        let transaction = entities::begin_write(&self.db).await?;
        self.write_ending(transaction, &run.claim, run.tenant(), ending, &totals, event).await
    }

    async fn write_ending(
        &self,
        transaction: DatabaseTransaction,
        claim: &Claim,
        tenant: TenantId,
        ending: Ending,
        totals: &Totals,
        event: ProgressEvent,
    ) -> Result<(), SyncError> {
        if !syncs::finish(&transaction, claim, &ending, totals, self.clock.now()).await? {
            return Err(SyncError::ClaimLost);
        }
        syncs::append_event(&transaction, event_row(tenant, &event)?).await?;
        transaction.commit().await?;
        self.bus.publish(&event).await;
        Ok(())
    }

    /// Ends the running sync of a branch as failed if its worker is gone: its lease is over, or we know that it died.
    /// Tells whether it did.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn rescue(&self, seen: &ProjectSync) -> Result<bool, SyncError> {
        let now = self.clock.now();
        let expired = seen.lease_until.is_some_and(|until| until < now);
        let gone = seen.worker.as_deref().is_some_and(|worker| self.instance.is_gone(worker));
        if seen.status != SyncStatus::Running || !(expired || gone) {
            return Ok(false);
        }
        let lease = self.settings.lease();
        let transaction = entities::begin_write(&self.db).await?;
        let worker = self.instance.name();
        let Some(claim) = syncs::take_over(&transaction, seen, worker, now, lease).await? else {
            return Ok(false);
        };
        let message = "the worker that ran it is gone".to_owned();
        let seq = syncs::last_event_seq(&transaction, seen.id).await? + 1;
        let error = EventError { code: "worker-lost".to_owned(), message: message.clone() };
        let event = ProgressEvent { sync_id: seen.id, seq, at: now, event: Event::Failed { error } };
        let ending = Ending::Failed { code: "worker-lost".to_owned(), message };
        self.write_ending(transaction, &claim, seen.tenant_id, ending, &Totals::default(), event).await?;
        tracing::warn!(sync = %seen.id, "ended a sync whose worker is gone");
        Ok(true)
    }

    /// Asks a sync to end. One that nobody has begun ends at once; the worker of a running one finds out within a
    /// second. `false` if it has ended already.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn cancel(&self, sync: &ProjectSync) -> Result<bool, SyncError> {
        let now = self.clock.now();
        let transaction = entities::begin_write(&self.db).await?;
        if !syncs::cancel_pending(&transaction, sync.id, now).await? {
            let asked = syncs::request_cancel(&transaction, sync.id).await?;
            transaction.commit().await?;
            return Ok(asked);
        }
        let seq = syncs::last_event_seq(&transaction, sync.id).await? + 1;
        let event = ProgressEvent { sync_id: sync.id, seq, at: now, event: Event::Cancelled {} };
        syncs::append_event(&transaction, event_row(sync.tenant_id, &event)?).await?;
        transaction.commit().await?;
        self.bus.publish(&event).await;
        Ok(true)
    }
}
