//! What a source is given for one sync: a tally of its traffic, a way to tell the user something, and the way out.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use super::SourceError;
use crate::budget::Priority;

/// What one sync cost on the network. Requests are HTTP requests sent, retries and redirects included; bytes are those
/// of response bodies as they came over the wire.
#[derive(Default, Debug)]
pub struct Traffic {
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Traffic {
    /// Counts one request that is about to be sent.
    pub fn add_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts bytes that arrived.
    pub fn add_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Requests sent so far.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes received so far.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Something the user should be told while a source works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// A rate limit is waited out.
    RateLimited {
        /// When the waiting ends.
        until: DateTime<Utc>,
    },
    /// A request failed in a way that may pass and is sent again.
    Retrying {
        /// The failure, in words for the user.
        reason: String,
        /// Which attempt comes next, counted from 2.
        attempt: u32,
        /// How long until then.
        delay: Duration,
    },
    /// A slower way is taken because the preferred one is refused.
    Fallback {
        /// Why, in words for the user.
        reason: String,
    },
}

/// What a source is given for one sync. Cheap to clone.
#[derive(Clone)]
pub struct SourceContext {
    traffic: Arc<Traffic>,
    notify: Arc<dyn Fn(Notice) + Send + Sync>,
    cancel: CancellationToken,
    priority: Priority,
}

impl SourceContext {
    /// A context that reports to `notify` and stops when `cancel` fires.
    pub fn new(cancel: CancellationToken, notify: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Self { traffic: Arc::default(), notify: Arc::new(notify), cancel, priority: Priority::Person }
    }

    /// The same tally, with another listener and another way out: for a sync whose source was asked before it began.
    pub fn with(&self, cancel: CancellationToken, notify: impl Fn(Notice) + Send + Sync + 'static) -> Self {
        Self { traffic: Arc::clone(&self.traffic), notify: Arc::new(notify), cancel, priority: self.priority }
    }

    /// A context that reports to nobody and is never cancelled: for listing branches.
    pub fn quiet() -> Self {
        Self::new(CancellationToken::new(), |_| {})
    }

    /// The same, with another claim on what a host allows: nobody waits for what is done in the background.
    pub fn with_priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Who waits.
    pub fn priority(&self) -> Priority {
        self.priority
    }

    /// The tally.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Tells the user.
    pub fn notify(&self, notice: Notice) {
        (self.notify)(notice);
    }

    /// Fires when the sync is to stop.
    pub fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// `Err(Cancelled)` once the sync is to stop.
    pub fn check(&self) -> Result<(), SourceError> {
        if self.cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        Ok(())
    }

    /// Waits, unless the sync is stopped first.
    pub async fn sleep(&self, delay: Duration) -> Result<(), SourceError> {
        tokio::select! {
            () = tokio::time::sleep(delay) => Ok(()),
            () = self.cancel.cancelled() => Err(SourceError::Cancelled),
        }
    }
}
