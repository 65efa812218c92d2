//! What clients read: the messages of a stream, as they are described and as our own client reads them.

use bus::{ProgressEvent, SyncSnapshot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::feed::{Reset, project::ProjectSnapshot};

/// The state so far: what a client gets first. With an `id`, so that the client can go on from it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SnapshotName {
    /// The only one.
    Snapshot,
}

/// What the client has so far is of no use; a snapshot follows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResetName {
    /// The only one.
    Reset,
}

/// The events of syncs. After `completed`, `failed` or `cancelled` none follows for that sync.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum EventName {
    /// It was asked for.
    Queued,
    /// A phase begins.
    PhaseStarted,
    /// A phase got on.
    PhaseProgress,
    /// A phase ended well.
    PhaseCompleted,
    /// Something that the user should know.
    Warning,
    /// It is to be begun again.
    Interrupted,
    /// It is done and visible.
    Completed,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
}

/// A message: the fields of an event of the stream. `data` is on the wire as JSON on one line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Message<N, D> {
    /// Where the client is then: what it sends as `Last-Event-ID` when it comes again. A `reset` has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the data is.
    pub event: N,
    /// The data.
    pub data: D,
}

/// What the stream of one sync tells: `event` says which of these a message is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SyncMessage {
    /// The state so far.
    Snapshot(Message<SnapshotName, SyncSnapshot>),
    /// What the client has so far is of no use.
    Reset(Message<ResetName, Reset>),
    /// An event. Its `id` is its number within the sync.
    Event(Message<EventName, ProgressEvent>),
}

/// What the stream of a project tells: `event` says which of these a message is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ProjectMessage {
    /// The syncs that have not ended.
    Snapshot(Message<SnapshotName, ProjectSnapshot>),
    /// What the client has so far is of no use.
    Reset(Message<ResetName, Reset>),
    /// An event of one of the syncs. Its `id` says nothing to the client.
    Event(Message<EventName, ProgressEvent>),
}

/// Whether this names an event of a sync.
pub fn is_event(name: &str) -> bool {
    serde_json::from_value::<EventName>(name.into()).is_ok()
}
