//! Schedules that come due.

use bus::triggers::Timetable;
use chrono::{DateTime, Utc};
use entities::{
    Branch, Schedule, SyncTrigger, TenantDb, projects,
    triggers::{
        RunResult,
        schedules::{self, Ran},
    },
};
use metrics::{counter, histogram};
use sea_orm::DbErr;

use super::{MAX_DUE, Triggers};
use crate::telemetry;

impl Triggers {
    /// Asks for the syncs of schedules that are due. One that was missed several times is made up for once. Tells how many
    /// were taken on.
    ///
    /// # Errors
    /// If the database is away.
    pub async fn run_schedules(&self) -> Result<usize, DbErr> {
        let system = self.dispatcher.db.system();
        let now = self.clock.now();
        let mut taken = 0;
        for schedule in schedules::due(&system, now, MAX_DUE).await? {
            if schedules::claim(&system, &schedule, now, self.claimed_until(now)).await? {
                taken += 1;
                self.run_schedule(&schedule, now).await?;
            }
        }
        Ok(taken)
    }

    async fn run_schedule(&self, schedule: &Schedule, now: DateTime<Utc>) -> Result<(), DbErr> {
        let db = self.dispatcher.db.tenant(schedule.tenant_id);
        let (result, sync) = match self.branch_of(&db, schedule).await? {
            Some(branch) => {
                let requested = self.request(&branch, SyncTrigger::Schedule).await?;
                let result = if requested.is_new { RunResult::Queued } else { RunResult::Joined };
                (result, Some(requested.sync.id))
            }
            None => (RunResult::NoBranch, None),
        };
        // One that cannot be read any more, because names of time zones come and go, does not come due again.
        let table = Timetable::of(schedule).inspect_err(|error| {
            tracing::error!(%error, schedule = %schedule.id, "a schedule cannot be read and comes due no more");
        });
        let next_at = table.ok().and_then(|table| table.next_after(now));
        schedules::ran(&db, schedule, Ran { at: now, result, sync, next_at }).await?;
        counter!(telemetry::SCHEDULE_RUNS, "result" => result.as_str()).increment(1);
        if let Some(late) = schedule.next_at.and_then(|due| (now - due).to_std().ok()) {
            histogram!(telemetry::SCHEDULE_LATE_SECONDS).record(late);
        }
        tracing::debug!(schedule = %schedule.id, result = result.as_str(), "a schedule came due");
        Ok(())
    }

    async fn branch_of(&self, db: &TenantDb, schedule: &Schedule) -> Result<Option<Branch>, DbErr> {
        let Some(project) = projects::get(db, schedule.project_id).await? else { return Ok(None) };
        let name = schedule.branch.as_deref().or(project.repository.default_branch.as_deref());
        match name {
            Some(name) => {
                projects::ensure_branch(db, &project.repository, name, self.clock.now()).await.map(Some)
            }
            None => Ok(None),
        }
    }
}
