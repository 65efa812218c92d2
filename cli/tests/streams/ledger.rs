//! What was written, and when: what the clients' records are held against.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use entities::SyncId;
use tokio::{sync::watch, time::timeout};

use crate::stage::PATIENCE;

/// What was written of each sync. Numbers count from 1, without a hole.
#[derive(Default)]
pub(crate) struct Ledger {
    syncs: Mutex<HashMap<SyncId, Written>>,
    /// How many events were written in all.
    events: watch::Sender<usize>,
    /// Nothing more will be written.
    is_closed: watch::Sender<bool>,
}

/// What was written of one sync.
#[derive(Clone, Default, Debug)]
pub(crate) struct Written {
    /// When each event was: a moment after its transaction.
    pub(crate) at: Vec<Instant>,
    /// When the last event was about to be: a moment before its transaction.
    pub(crate) ends_at: Option<Instant>,
}

impl Ledger {
    pub(crate) fn syncs(&self) -> MutexGuard<'_, HashMap<SyncId, Written>> {
        self.syncs.lock().unwrap()
    }

    /// Notes that the next event is there.
    pub(crate) fn note(&self, sync: SyncId) {
        self.syncs().entry(sync).or_default().at.push(Instant::now());
        self.events.send_modify(|events| *events += 1);
    }

    /// Notes that the last event is about to be there.
    pub(crate) fn note_end(&self, sync: SyncId) {
        self.syncs().entry(sync).or_default().ends_at = Some(Instant::now());
    }

    /// How many events were written so far.
    pub(crate) fn events(&self) -> usize {
        *self.events.borrow()
    }

    /// Waits until this many were.
    pub(crate) async fn reaches(&self, events: usize) {
        let mut written = self.events.subscribe();
        let waiting = timeout(PATIENCE, written.wait_for(|written| *written >= events));
        waiting.await.expect("the author is too slow").unwrap();
    }

    /// Nothing more will be written.
    pub(crate) fn close(&self) {
        self.is_closed.send_replace(true);
    }

    /// Tells when nothing more will be.
    pub(crate) fn closing(&self) -> watch::Receiver<bool> {
        self.is_closed.subscribe()
    }
}
