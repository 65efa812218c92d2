//! Streams the progress of syncs to any number of clients, as server-sent events.
//!
//! Each sync or project that is followed is a [`topic`]: a ring of events, framed once, which all its clients read with
//! a cursor each. A topic is fed by [`feed`]: the bus tells what happens, the database what was missed, and the [`hub`]
//! compares the two, so that every client sees every event once and in order, and the last one always. What clients get
//! is opened by the [`Gateway`]; it is written by [`socket`], which owns the connection and needs next to no memory for
//! it, or by [`routes`] through hyper. Who follows within this process gets the same bytes from [`Gateway::follow`].

mod audience;
mod feed;
mod follow;
mod frame;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod gateway;
mod head;
mod heart;
mod hub;
mod limits;
mod message;
mod patient;
mod position;
mod refusal;
mod ring;
mod routes;
mod serve;
mod settings;
mod shelf;
mod socket;
mod target;
mod telemetry;
mod topic;
mod welcome;

pub use feed::{Reset, ResetReason, project::ProjectSnapshot};
pub use follow::{BrokenOff, Followed, Pieces};
pub use gateway::Gateway;
pub use message::{
    EventMessage, EventName, ProjectMessage, ProjectSnapshotMessage, ResetMessage, ResetName, SnapshotName,
    SyncMessage, SyncSnapshotMessage,
};
pub use refusal::Refusal;
pub use routes::{Peer, openapi};
pub use serve::{Door, serve};
pub use settings::{Settings, SettingsError};
pub use target::Target;
pub use telemetry::{LAG, LAG_BUCKETS, begin_metrics, describe_metrics};
