//! What topics are fed by: the bus for what happens now, the database for everything else.

pub(crate) mod project;
mod reader;
pub(crate) mod replay;
pub(crate) mod sync;

use std::time::Duration;

use bus::ProgressEvent;
use entities::SyncEvent;
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};

use crate::{frame::Frame, ring::Told, topic::Cursor};

/// How many events are read from the database at once.
pub(crate) const PAGE: u64 = 200;

/// How long a client that has seen more than we have is kept waiting for us to see it, too.
pub(crate) const CATCH_UP: Duration = Duration::from_secs(3);

/// Why a topic cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// There is no such thing, or it is somebody else's. Trying again does not help.
    #[error("not found")]
    NotFound,
    /// The database is away, or refuses. Trying again may help.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// What a client gets.
pub(crate) enum Joined {
    /// It has seen everything; nothing will come.
    Over,
    /// This.
    Stream(Subscription),
}

/// What a client gets: first these, then what it missed, then what the cursor finds.
pub(crate) struct Subscription {
    pub(crate) first: Vec<Frame>,
    pub(crate) missed: Option<replay::Replay>,
    pub(crate) live: Cursor,
}

/// Why a client that comes again gets the state instead of what it missed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ResetReason)]
pub enum ResetReason {
    /// It missed more than is replayed.
    TooOld,
    /// What it gave as the id of its last event is none, or is of another stream.
    UnknownId,
    /// Events were lost on the way and are kept nowhere.
    Lost,
}

/// What follows is not the continuation of what the client has: it forgets that, and takes the snapshot that comes next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Reset {
    /// Why.
    pub reason: ResetReason,
}

impl ResetReason {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::TooOld, Self::UnknownId, Self::Lost];

    /// The event.
    pub(crate) fn frame(self) -> Result<Frame, DbErr> {
        metrics::counter!(crate::telemetry::RESETS, "reason" => self.label()).increment(1);
        Frame::event(None, "reset", &Reset { reason: self }).map_err(json)
    }

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::TooOld => "tooOld",
            Self::UnknownId => "unknownId",
            Self::Lost => "lost",
        }
    }
}

/// That something cannot be written or read as JSON is a bug of ours, or the database holds what a newer version wrote.
pub(crate) fn json(error: serde_json::Error) -> DbErr {
    DbErr::Json(error.to_string())
}

/// An event as it is kept. None for one of a kind that this program does not know.
pub(crate) fn parsed(row: SyncEvent) -> Option<ProgressEvent> {
    match serde_json::from_value(row.payload) {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::warn!(%error, sync = %row.sync_id, seq = row.seq, "an event is of no known kind");
            None
        }
    }
}

/// An event of a sync as it is told under an id.
pub(crate) fn told(id: String, event: std::sync::Arc<ProgressEvent>) -> Result<Told, DbErr> {
    let frame = Frame::event(Some(&id), event.event.name(), &*event).map_err(json)?;
    Ok(Told { id: Some(id.into()), frame, event: Some(event) })
}
