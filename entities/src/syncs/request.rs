//! Asking for a sync: a branch has one that was begun and, at most, one more that waits.

use chrono::{DateTime, Utc};
use sea_orm::DbErr;

use super::{NewSync, active, append_event, create, hurry, waiting};
use crate::{
    projects,
    scope::{OfTenant, TenantDb},
    status::SyncStatus,
    tables::{branch, project_sync, sync_event},
};

/// What a branch has to do with a request for a sync.
#[derive(Clone, PartialEq, Debug)]
pub struct Requested {
    /// The sync that answers the request.
    pub sync: project_sync::Model,
    /// Whether the request made it.
    pub is_new: bool,
}

/// Asks for a sync of a branch. While one is pending or runs, the answer is that one: the one that was begun, if there
/// is one. It does not wait any longer for a retry.
///
/// With `queue_next`, a sync that runs already is no answer, because the branch may have moved since it looked: one that
/// follows it is, however often it is asked for.
///
/// A sync that is made gets `first_event` in the same transaction: there is none without an event.
///
/// # Errors
/// If the database is away, the branch is gone, or `first_event` fails.
pub async fn request(
    db: &TenantDb,
    branch: &branch::Model,
    new: NewSync,
    queue_next: bool,
    now: DateTime<Utc>,
    first_event: impl FnOnce(&project_sync::Model) -> Result<sync_event::Model, DbErr>,
) -> Result<Requested, DbErr> {
    // Looked at first without the lock that writing takes: whoever only follows need not wait for other writers.
    let reading = db.begin().await?;
    let found = existing(&reading, branch, queue_next).await?;
    reading.commit().await?;
    if let Some(sync) = found
        && sync.run_after.is_none()
    {
        return Ok(Requested { sync, is_new: false });
    }
    let transaction = db.begin_write().await?;
    projects::lock_project_of(&transaction, branch).await?;
    projects::lock_branch(&transaction, branch.id).await?;
    let requested = match existing(&transaction, branch, queue_next).await? {
        Some(sync) => {
            hurry(&transaction, sync.id).await?;
            Requested { sync: project_sync::Model { run_after: None, ..sync }, is_new: false }
        }
        None => {
            let sync = create(&transaction, branch, new, now).await?;
            append_event(&transaction, first_event(&sync)?).await?;
            Requested { sync, is_new: true }
        }
    };
    transaction.commit().await?;
    Ok(requested)
}

async fn existing(
    db: &impl OfTenant,
    branch: &branch::Model,
    queue_next: bool,
) -> Result<Option<project_sync::Model>, DbErr> {
    let active = active(db, branch.id).await?;
    // What was begun and waits looks at the branch anew when it goes on.
    match active.filter(|sync| !queue_next || sync.status == SyncStatus::Pending) {
        Some(sync) => Ok(Some(sync)),
        None => waiting(db, branch.id).await,
    }
}
