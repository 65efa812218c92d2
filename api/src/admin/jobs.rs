//! Syncs as operators see them: jobs.

use bus::{Dispatcher, Requeued};
use chrono::{DateTime, Utc};
use entities::{
    ProjectSync, SyncId, SyncStatus, SyncTrigger,
    syncs::{self, SyncFilter},
};
use sea_orm::DbErr;

use super::bulk::{Bulk, MAX_BULK, PAGE};

/// What is done to jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum JobVerb {
    /// They are asked to end: those that wait or run.
    Cancel,
    /// They are done again, each by a new sync: those that failed or were cancelled.
    Requeue(SyncTrigger),
    /// They are removed: those that failed, were cancelled, or wait and were never begun.
    Remove,
}

impl JobVerb {
    /// The states in which it does something.
    fn statuses(self) -> &'static [SyncStatus] {
        match self {
            Self::Cancel => &[SyncStatus::Pending, SyncStatus::Running],
            Self::Requeue(_) => &[SyncStatus::Failed, SyncStatus::Cancelled],
            Self::Remove => &[SyncStatus::Pending, SyncStatus::Failed, SyncStatus::Cancelled],
        }
    }
}

/// What came of removing a job.
#[derive(Clone, PartialEq, Debug)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// It runs, or was begun and waits to be continued: it must be cancelled first.
    Active,
    /// It completed: it is a link of its branch's chain, and stays.
    Completed,
    /// It is not there (any more).
    NotFound,
}

/// Removes a job. One that waits and was never begun is cancelled first.
///
/// # Errors
/// If the database is away.
pub async fn remove_job(
    dispatcher: &Dispatcher,
    sync: &ProjectSync,
    now: DateTime<Utc>,
) -> Result<Removal, DbErr> {
    match sync.status {
        SyncStatus::Completed => return Ok(Removal::Completed),
        SyncStatus::Running => return Ok(Removal::Active),
        SyncStatus::Pending if sync.started_at.is_some() => return Ok(Removal::Active),
        SyncStatus::Pending => {
            dispatcher.cancel(sync, now).await?;
        }
        SyncStatus::Failed | SyncStatus::Cancelled => {}
    }
    if syncs::remove(&dispatcher.db.tenant(sync.tenant_id), sync.id).await? {
        return Ok(Removal::Removed);
    }
    // A worker was quicker, or another operator.
    Ok(match syncs::get(&dispatcher.db.system(), sync.id).await?.map(|sync| sync.status) {
        None => Removal::NotFound,
        Some(SyncStatus::Completed) => Removal::Completed,
        Some(_) => Removal::Active,
    })
}

/// Does something to all jobs that a filter matches and that are in a state in which it can be done, the latest first,
/// at most [`MAX_BULK`]. With `dry_run` nothing is changed.
///
/// # Errors
/// If the database is away; then some may have been changed.
pub async fn change_jobs(
    dispatcher: &Dispatcher,
    verb: JobVerb,
    filter: &SyncFilter,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<Bulk<SyncId>, DbErr> {
    let wanted = |status: &SyncStatus| filter.statuses.is_empty() || filter.statuses.contains(status);
    let statuses: Vec<SyncStatus> = verb.statuses().iter().copied().filter(|status| wanted(status)).collect();
    if statuses.is_empty() {
        return Ok(Bulk { matched: 0, changed: 0, ids: Vec::new() });
    }
    let filter = SyncFilter { statuses, ..filter.clone() };
    let matched = syncs::count(&dispatcher.db.system(), &filter).await?;
    let mut ids = Vec::new();
    let mut after = None;
    'pages: loop {
        // Syncs that are made on the way have later ids and are not met.
        let page = syncs::page(&dispatcher.db.system(), &filter, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for sync in &page {
            if ids.len() as u64 >= MAX_BULK {
                break 'pages;
            }
            if dry_run || change(dispatcher, verb, sync, now).await? {
                ids.push(sync.id);
            }
        }
    }
    let changed = if dry_run { 0 } else { ids.len() as u64 };
    Ok(Bulk { matched, changed, ids })
}

/// Whether it was done.
async fn change(
    dispatcher: &Dispatcher,
    verb: JobVerb,
    sync: &ProjectSync,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    Ok(match verb {
        JobVerb::Cancel => dispatcher.cancel(sync, now).await?,
        JobVerb::Requeue(trigger) => {
            matches!(dispatcher.requeue(sync, trigger, None, now).await?, Requeued::As(_))
        }
        JobVerb::Remove => remove_job(dispatcher, sync, now).await? == Removal::Removed,
    })
}
