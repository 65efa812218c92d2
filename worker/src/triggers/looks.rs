//! Pushed commits that a sync did not see: a host may tell of a push before its branch shows it.

use chrono::SubsecRound;
use entities::{
    Branch, HookDelivery, SyncTrigger, TenantDb, projects, syncs,
    triggers::{DeliveryResult, deliveries},
};
use sea_orm::DbErr;

use super::{MAX_DUE, Triggers, polls::shown};

/// What is to be done about a push.
enum Step {
    /// Nothing any more.
    Over(DeliveryResult),
    /// A sync looks at the branch, or will: wait for it.
    Wait,
    /// The branch is asked for.
    Look(Branch),
}

impl Triggers {
    /// Looks for pushed commits that no sync has shown yet. Tells how many were taken on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn run_looks(&self) -> Result<usize, DbErr> {
        let system = self.dispatcher.db.system();
        let mut taken = 0;
        for delivery in deliveries::due(&system, self.clock.now(), MAX_DUE).await? {
            let until = self.claimed_until(self.clock.now()).trunc_subsecs(3);
            if !self.stop.is_cancelled() && deliveries::claim(&system, &delivery, until).await? {
                taken += 1;
                self.look(&delivery).await?;
            }
        }
        Ok(taken)
    }

    async fn look(&self, delivery: &HookDelivery) -> Result<(), DbErr> {
        let db = self.dispatcher.db.tenant(delivery.tenant_id);
        let (looks, result) = match self.step(&db, delivery).await? {
            Step::Over(result) => {
                return deliveries::looked(&db, delivery.id, delivery.looks, None, result).await;
            }
            // Counted only where the branch itself was asked for: a sync may take its time.
            Step::Wait => (delivery.looks, DeliveryResult::Queued),
            Step::Look(branch) => {
                self.look_at(&db, delivery, &branch).await?;
                let looks = delivery.looks.saturating_add(1);
                let is_last = looks.unsigned_abs() >= self.settings.max_looks;
                (looks, if is_last { DeliveryResult::Unseen } else { DeliveryResult::Queued })
            }
        };
        let delay = self.settings.look_delay(looks.unsigned_abs());
        let next = (result == DeliveryResult::Queued).then(|| (self.clock.now() + delay).trunc_subsecs(3));
        deliveries::looked(&db, delivery.id, looks, next, result).await
    }

    async fn step(&self, db: &TenantDb, delivery: &HookDelivery) -> Result<Step, DbErr> {
        let over = Ok(Step::Over(DeliveryResult::Queued));
        let Some(name) = &delivery.branch else { return over };
        let Some(project) = projects::get(db, delivery.project_id).await? else { return over };
        let Some(branch) = projects::branch_named(db, project.repository.id, name).await? else {
            return over;
        };
        if delivery.sync_id.is_none() {
            // Whoever took it went away before it asked for the sync.
            let requested = self.request(&branch, SyncTrigger::Webhook).await?;
            deliveries::answered(db, delivery.id, requested.sync.id).await?;
            return Ok(Step::Wait);
        }
        if delivery.commit_id.is_none() || deliveries::is_outdated(db, delivery).await? {
            return over;
        }
        if shown(db, &branch).await? == delivery.commit_id {
            return over;
        }
        let is_on_its_way =
            syncs::active(db, branch.id).await?.is_some() || syncs::waiting(db, branch.id).await?.is_some();
        Ok(if is_on_its_way { Step::Wait } else { Step::Look(branch) })
    }

    /// Asks where the branch stands, and for a sync if that is not what is shown.
    async fn look_at(&self, db: &TenantDb, delivery: &HookDelivery, branch: &Branch) -> Result<(), DbErr> {
        let Some(project) = projects::get(db, delivery.project_id).await? else { return Ok(()) };
        match self.head(db, &project, &branch.name, None).await? {
            Ok(head) if shown(db, branch).await? == Some(head.commit) => {}
            Ok(_) => {
                self.request(branch, SyncTrigger::Webhook).await?;
            }
            Err(error) => tracing::debug!(%error, delivery = %delivery.id, "the branch cannot be looked at"),
        }
        Ok(())
    }
}
