//! The clock of all streams: when to say that we are still there, and when to send clients away.
//!
//! One timer for all; streams are spread over its beats, so that not all of them write at the same moment.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use rand::Rng;
use tokio::sync::watch;

/// Over how many beats the streams are spread.
const SLOTS: usize = 32;

/// How many clients are sent away each second, if there is time enough.
const SENT_AWAY_PER_SECOND: f64 = 1_000.0;

/// The longest time that clients are told to stay away when the process ends, in milliseconds.
const MAX_AWAY: u64 = 30_000;

/// The clock of all streams.
#[derive(Debug)]
pub(crate) struct Heart {
    slots: Vec<watch::Sender<Beat>>,
    next: AtomicUsize,
}

/// What a stream hears.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Beat {
    count: u32,
    /// The process is to end.
    pub(crate) is_draining: bool,
}

impl Default for Heart {
    fn default() -> Self {
        Self { slots: (0..SLOTS).map(|_| watch::Sender::default()).collect(), next: AtomicUsize::new(0) }
    }
}

impl Heart {
    /// Beats each slot once in a period, forever.
    pub(crate) async fn beat(&self, period: Duration) {
        let mut ticks = tokio::time::interval(period / SLOTS as u32);
        for slot in self.slots.iter().cycle() {
            ticks.tick().await;
            slot.send_modify(|beat| beat.count = beat.count.wrapping_add(1));
        }
    }

    /// A beat to listen to.
    pub(crate) fn listen(&self) -> watch::Receiver<Beat> {
        let slot = self.next.fetch_add(1, Ordering::Relaxed) % SLOTS;
        self.slots[slot].subscribe()
    }

    /// Says to all that the process is to end.
    pub(crate) fn drain(&self) {
        for slot in &self.slots {
            slot.send_modify(|beat| beat.is_draining = true);
        }
    }
}

/// When one of so many clients is sent away, after the beginning of the end.
pub(crate) fn time_to_go(streams: usize, longest: Duration) -> Duration {
    let spread = Duration::from_secs_f64(streams as f64 / SENT_AWAY_PER_SECOND).min(longest);
    spread.mul_f64(rand::rng().random_range(0.0..=1.0))
}

/// How long a client is told to stay away when it is sent away, in milliseconds: the more clients, the longer.
pub(crate) fn time_away(streams: usize, retry: u64) -> u64 {
    let most = (retry + streams as u64).clamp(1, MAX_AWAY);
    rand::rng().random_range(most / 4..=most)
}

/// How long a client is told to wait before it comes again after it was cut off, in milliseconds.
pub(crate) fn retry(average: u64) -> u64 {
    rand::rng().random_range(average / 2..=average.saturating_add(average / 2))
}
