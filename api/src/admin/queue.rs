//! The queue at a glance.

use bus::{Dispatcher, queue::QueueStats};
use chrono::{DateTime, Utc};
use entities::{
    QueuePause,
    queue::{self, QueueDepth},
};
use sea_orm::DbErr;

/// The queue at one moment.
#[derive(Clone, PartialEq, Debug)]
pub struct QueueOverview {
    /// What the database says: it is the truth.
    pub depth: QueueDepth,
    /// What the queue itself holds, and who serves it; or why it does not answer.
    pub stats: Result<QueueStats, String>,
    /// What is paused, the oldest first.
    pub pauses: Vec<QueuePause>,
}

/// Looks at the queue.
///
/// # Errors
/// If the database is away.
pub async fn overview(dispatcher: &Dispatcher, now: DateTime<Utc>) -> Result<QueueOverview, DbErr> {
    Ok(QueueOverview {
        depth: queue::depth(&dispatcher.db.system(), now).await?,
        stats: dispatcher.queue.stats().await.map_err(|error| error.to_string()),
        pauses: queue::pauses(&dispatcher.db.system()).await?,
    })
}
