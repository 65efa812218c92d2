//! What asks for syncs by itself: schedules that come due, branches that are looked at now and then, and pushed commits
//! that a sync did not see.
//!
//! Every worker looks, and whoever claims a row first does what it says. A claim holds for a while: what a worker began
//! and did not end, another one begins again.

mod looks;
mod polls;
mod schedules;

use std::{sync::Arc, time::Duration};

use bus::{Dispatcher, triggers::TriggerSettings};
use chrono::{DateTime, TimeDelta, Utc};
use entities::{
    Branch, SyncTrigger, TenantDb,
    projects::ConnectedProject,
    syncs::{NewSync, Requested},
    triggers::deliveries,
};
use sea_orm::DbErr;
use source::{Head, KnownHead, SourceContext, SourceError, open_project, settings::SourceSettings};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::{clock::Clock, pipeline::Runner};

/// How many rows of a kind are taken on in one round; the rest is found in the next one.
const MAX_DUE: u64 = 200;

/// How long a claim holds.
const CLAIM: Duration = Duration::from_secs(60);

/// How long a repository is given to tell its head: shorter than a claim holds.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);

/// Seconds between two times that old deliveries are removed.
const PRUNE_SECONDS: i64 = 600;

/// What looks for what is due.
#[derive(Clone)]
pub struct Triggers {
    dispatcher: Dispatcher,
    settings: TriggerSettings,
    source: SourceSettings,
    clock: Clock,
    stop: CancellationToken,
}

/// Looks again and again, until `stop` fires. Schedules do not wait for repositories that answer slowly.
pub async fn watch(runner: Arc<Runner>, stop: CancellationToken) {
    let triggers = Triggers::new(&runner, stop);
    tokio::join!(triggers.watch_clock(), triggers.watch_repositories());
}

impl Triggers {
    /// One that asks for syncs as `runner` runs them.
    pub fn new(runner: &Runner, stop: CancellationToken) -> Self {
        Self {
            dispatcher: runner.dispatcher.clone(),
            settings: runner.settings.triggers.clone(),
            source: runner.settings.source.clone(),
            clock: runner.clock.clone(),
            stop,
        }
    }

    async fn watch_clock(&self) {
        let mut round = self.rounds();
        let mut pruned_at = 0;
        while self.next(&mut round).await {
            if let Err(error) = self.run_schedules().await {
                tracing::warn!(%error, "schedules are not looked at now");
            }
            let now = self.clock.now().timestamp();
            if now - pruned_at >= PRUNE_SECONDS {
                pruned_at = now;
                if let Err(error) = self.prune().await {
                    tracing::warn!(%error, "old deliveries are not removed now");
                }
            }
        }
    }

    async fn watch_repositories(&self) {
        let mut round = self.rounds();
        while self.next(&mut round).await {
            let (polled, looked) = tokio::join!(self.run_polls(), self.run_looks());
            if let Err(error) = polled.and(looked) {
                tracing::warn!(%error, "branches are not looked at now");
            }
        }
    }

    fn rounds(&self) -> tokio::time::Interval {
        let mut round = tokio::time::interval(self.settings.round());
        round.set_missed_tick_behavior(MissedTickBehavior::Delay);
        round
    }

    /// Waits for the next round. `false` if there is to be none.
    async fn next(&self, round: &mut tokio::time::Interval) -> bool {
        tokio::select! {
            _ = round.tick() => !self.stop.is_cancelled(),
            () = self.stop.cancelled() => false,
        }
    }

    /// Removes what was sent long ago, or is too much. Tells how much it was.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn prune(&self) -> Result<u64, DbErr> {
        let before = self.clock.now() - TimeDelta::days(self.settings.keep_days.into());
        deliveries::prune(&self.dispatcher.db.system(), before, self.settings.keep_deliveries).await
    }

    /// Until when what is claimed now is nobody else's.
    fn claimed_until(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + CLAIM
    }

    /// Asks for a sync of a branch, one that looks at it from now on.
    async fn request(&self, branch: &Branch, trigger: SyncTrigger) -> Result<Requested, DbErr> {
        let new = NewSync { trigger, forced: false, restore_seq: None, trace_parent: None };
        self.dispatcher.request(branch, new, true, self.clock.now()).await
    }

    /// Where a branch stands at its host.
    async fn head(
        &self,
        db: &TenantDb,
        project: &ConnectedProject,
        branch: &str,
        known: Option<&KnownHead>,
    ) -> Result<Result<Head, SourceError>, DbErr> {
        let source = open_project(db, project, &self.source).await?;
        // Nobody waits for it: it takes no request that people may want.
        let context = SourceContext::new(self.stop.child_token(), |_| {})
            .with_priority(source::budget::Priority::Background);
        let asked = source.head(Some(branch), known, &context);
        Ok(tokio::time::timeout(HEAD_PATIENCE, asked).await.unwrap_or_else(|_| {
            let reason = format!("no answer within {} seconds", HEAD_PATIENCE.as_secs());
            Err(SourceError::Unreachable { host: "the repository".to_owned(), reason })
        }))
    }
}
