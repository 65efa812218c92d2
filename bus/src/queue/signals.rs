//! What is told at once, and never waited for: whoever is slow hears one [`Signal::Wake`] for all that it missed.

use futures::stream::{self, BoxStream};
use tokio::sync::broadcast::{self, error::RecvError};

use super::Signal;

/// How many signals a listener may fall behind before it loses the oldest ones. A lost wake is made good at once, a
/// lost cancel by the worker's next heartbeat.
const MAX_UNHEARD: usize = 256;

/// Tells signals to any number of listeners.
pub(super) fn channel() -> broadcast::Sender<Signal> {
    broadcast::channel(MAX_UNHEARD).0
}

/// What a listener hears; ends when nobody can tell anything any more.
pub(super) fn stream(receiver: broadcast::Receiver<Signal>) -> BoxStream<'static, Signal> {
    Box::pin(stream::unfold(receiver, |mut receiver| async move {
        match receiver.recv().await {
            Ok(signal) => Some((signal, receiver)),
            Err(RecvError::Lagged(_)) => Some((Signal::Wake, receiver)),
            Err(RecvError::Closed) => None,
        }
    }))
}
