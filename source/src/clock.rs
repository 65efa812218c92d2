//! The time as limits and tokens are measured by, which tests can put ahead.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};

/// The machine's clock, or one that is ahead of it. Clones show the same time.
#[derive(Clone, Default, Debug)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The time.
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now() + TimeDelta::milliseconds(self.ahead_ms())
    }

    /// How far it is ahead of the machine's clock, in milliseconds.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }

    /// Puts it ahead by this much more: what lies in between has passed.
    pub fn pass(&self, time: Duration) {
        let milliseconds = i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.fetch_add(milliseconds, Ordering::SeqCst);
    }
}
