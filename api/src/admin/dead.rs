//! The dead set: what was given up.

use bus::{Dispatcher, Requeued};
use chrono::{DateTime, Utc};
use entities::{
    DeadJob, DeadJobId, SyncTrigger,
    queue::{self, DeadFilter},
};
use sea_orm::DbErr;

use super::bulk::{Bulk, MAX_BULK, PAGE};

/// What is done to dead jobs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeadVerb {
    /// They are done again, each by a new sync; those that are no syncs stay.
    Requeue(SyncTrigger),
    /// They are removed. The failed syncs stay in the history.
    Purge,
}

/// Does something to all dead jobs that a filter matches, the latest first, at most [`MAX_BULK`]. With `dry_run` nothing
/// is changed.
///
/// # Errors
/// If the database is away; then some may have been changed.
pub async fn change_dead(
    dispatcher: &Dispatcher,
    verb: DeadVerb,
    filter: &DeadFilter,
    dry_run: bool,
    now: DateTime<Utc>,
) -> Result<Bulk<DeadJobId>, DbErr> {
    let mut filter = filter.clone();
    if matches!(verb, DeadVerb::Requeue(_)) {
        filter.is_sync = Some(true);
    }
    let matched = queue::count_dead(&dispatcher.db.system(), &filter).await?;
    let mut ids = Vec::new();
    let mut after = None;
    'pages: loop {
        let page = queue::dead_jobs(&dispatcher.db.system(), &filter, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for dead in &page {
            if ids.len() as u64 >= MAX_BULK {
                break 'pages;
            }
            if dry_run || change(dispatcher, verb, dead, now).await? {
                ids.push(dead.id);
            }
        }
    }
    let changed = if dry_run { 0 } else { ids.len() as u64 };
    Ok(Bulk { matched, changed, ids })
}

/// Whether it was done.
async fn change(
    dispatcher: &Dispatcher,
    verb: DeadVerb,
    dead: &DeadJob,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    match verb {
        DeadVerb::Requeue(trigger) => {
            let requeued = dispatcher.requeue_dead(dead, trigger, None, now).await?;
            Ok(matches!(requeued, Requeued::As(_)))
        }
        DeadVerb::Purge => queue::remove_dead(&dispatcher.db.system(), dead.id).await,
    }
}
