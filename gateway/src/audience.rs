//! Those who are written to as soon as something is told.
//!
//! Waking a task for every client costs as much as a fifth of writing to it, and thousands that are woken at once crowd
//! out everything else. So a speaker, one task, writes to all clients of a topic in turn; the tasks of the clients sleep
//! meanwhile, and are woken only when something is amiss.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{sync::watch, task::yield_now};

use crate::topic::{Tail, Topic};

/// How many clients one speaker writes to before another begins, where there are processors for more.
const MEMBERS_PER_SPEAKER: usize = 512;

/// How many clients a speaker writes to before it lets other tasks have their turn.
const MEMBERS_AT_ONCE: usize = 64;

/// The most speakers of a topic.
const MAX_SPEAKERS: usize = 16;

/// Somebody who is written to.
pub(crate) trait Member: Send + Sync {
    /// Writes what there is to write, as far as that goes without waiting.
    fn pump(&self);
}

/// The clients of one topic.
pub(crate) struct Audience {
    rows: Vec<Mutex<Row>>,
    members: AtomicUsize,
}

/// The clients of one speaker.
#[derive(Default)]
struct Row {
    seats: Vec<Option<Arc<dyn Member>>>,
    free: Vec<usize>,
    has_speaker: bool,
}

/// A client's place among the others. Dropping it frees it.
pub(crate) struct Seat {
    topic: Arc<Topic>,
    row: usize,
    index: usize,
}

impl Default for Audience {
    fn default() -> Self {
        let speakers = std::thread::available_parallelism().map_or(1, usize::from).min(MAX_SPEAKERS);
        Self { rows: (0..speakers).map(|_| Mutex::default()).collect(), members: AtomicUsize::new(0) }
    }
}

impl Audience {
    fn row(&self, row: usize) -> MutexGuard<'_, Row> {
        // Nothing in here can panic half-way.
        self.rows[row].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Topic {
    /// Lets somebody be written to from now on. What was told before it has to fetch itself, after this.
    pub(crate) fn seat(self: &Arc<Self>, member: Arc<dyn Member>) -> Seat {
        let audience = self.audience();
        let before = audience.members.fetch_add(1, Ordering::Relaxed);
        let number = before / MEMBERS_PER_SPEAKER % audience.rows.len();
        let mut row = audience.row(number);
        let index = match row.free.pop() {
            Some(index) => {
                row.seats[index] = Some(member);
                index
            }
            None => {
                row.seats.push(Some(member));
                row.seats.len() - 1
            }
        };
        if !std::mem::replace(&mut row.has_speaker, true) {
            tokio::spawn(speak(Arc::downgrade(self), number, self.tail()));
        }
        Seat { topic: Arc::clone(self), row: number, index }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let audience = self.topic.audience();
        audience.members.fetch_sub(1, Ordering::Relaxed);
        let mut row = audience.row(self.row);
        let member = row.seats[self.index].take();
        row.free.push(self.index);
        drop(row);
        // What a client holds is freed without the lock.
        drop(member);
    }
}

/// Writes to the clients of a row whenever something was told, until the topic is gone.
async fn speak(topic: Weak<Topic>, row: usize, mut tail: watch::Receiver<Tail>) {
    let mut members: Vec<Arc<dyn Member>> = Vec::with_capacity(MEMBERS_AT_ONCE);
    while tail.changed().await.is_ok() {
        let mut from = 0;
        loop {
            // Held only for a moment, so that a topic that nobody follows can go.
            let Some(topic) = topic.upgrade() else { return };
            {
                let row = topic.audience().row(row);
                if from >= row.seats.len() {
                    break;
                }
                let until = row.seats.len().min(from + MEMBERS_AT_ONCE);
                members.extend(row.seats[from..until].iter().flatten().cloned());
                from = until;
            }
            for member in members.drain(..) {
                member.pump();
            }
            yield_now().await;
        }
    }
}
