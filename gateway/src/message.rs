//! What clients read: the messages of a stream, as they are described and as our own client reads them.

use bus::{ProgressEvent, SyncSnapshot};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::feed::{Reset, project::ProjectSnapshot};

/// What the stream of one sync tells: the fields of a server-sent event, of which `event` says which of these it is. On
/// the wire, `data` is JSON on one line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SyncMessage {
    /// The state so far.
    Snapshot(Box<SyncSnapshotMessage>),
    /// What the client has so far is of no use.
    Reset(ResetMessage),
    /// An event. Its `id` is its number within the sync.
    Event(EventMessage),
}

/// What the stream of a project tells: the fields of a server-sent event, of which `event` says which of these it is. On
/// the wire, `data` is JSON on one line.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum ProjectMessage {
    /// The syncs that have not ended.
    Snapshot(ProjectSnapshotMessage),
    /// What the client has so far is of no use.
    Reset(ResetMessage),
    /// An event of one of the syncs. Its `id` says nothing to the client.
    Event(EventMessage),
}

/// The state of a sync so far: what a client gets first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct SyncSnapshotMessage {
    /// Where the client is then: what it sends as `Last-Event-ID` when it comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `snapshot`.
    pub event: SnapshotName,
    /// The state.
    pub data: SyncSnapshot,
}

/// The state of a project so far: what a client gets first.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectSnapshotMessage {
    /// Where the client is then: what it sends as `Last-Event-ID` when it comes again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `snapshot`.
    pub event: SnapshotName,
    /// The state.
    pub data: ProjectSnapshot,
}

/// What the client has so far is of no use: it forgets it, and takes the snapshot that follows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ResetMessage {
    /// `reset`.
    pub event: ResetName,
    /// Why.
    pub data: Reset,
}

/// An event of a sync.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct EventMessage {
    /// Where the client is then: what it sends as `Last-Event-ID` when it comes again.
    pub id: String,
    /// What the event is: the same as its `type`.
    pub event: EventName,
    /// The event.
    pub data: ProgressEvent,
}

/// The name of a snapshot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SnapshotName {
    /// The only one.
    Snapshot,
}

/// The name of a reset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum ResetName {
    /// The only one.
    Reset,
}

/// The names of the events of syncs. After `completed`, `failed` or `cancelled` none follows for that sync.
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
