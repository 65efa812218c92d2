//! Following within this process: the same bytes as over HTTP, for a program that has its own gateway.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream::BoxStream};

use crate::{
    gateway::{Gateway, Opened},
    refusal::Refusal,
    routes::pieces,
    target::Target,
};

/// The stream ended before its end: the follower fell too far behind, or what it missed cannot be read now. It may come
/// again with the id of the last event that it saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the stream broke off")]
pub struct BrokenOff;

/// Pieces of `text/event-stream`, cut anywhere.
pub type Pieces = BoxStream<'static, Result<Bytes, BrokenOff>>;

/// What following comes to.
pub enum Followed {
    /// The follower has seen everything; nothing will come.
    Over,
    /// This.
    Stream(Pieces),
}

impl Gateway {
    /// Follows a sync or a project, after the event with this id or from the state so far. What the bus of this process
    /// does not hear of is found in the database within two seconds.
    ///
    /// # Errors
    /// If there is no such thing, the database is away, or there are as many streams as there may be.
    pub async fn follow(&self, target: Target, last_event_id: Option<&str>) -> Result<Followed, Refusal> {
        Ok(match self.open_here(target, last_event_id).await? {
            Opened::Over => Followed::Over,
            Opened::Stream(stream) => {
                Followed::Stream(pieces(self.clone(), stream).map_err(|_| BrokenOff).boxed())
            }
        })
    }
}
