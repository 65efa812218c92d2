//! What a client is to do, and what it was told.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use entities::{ProjectId, SyncId};

use crate::wire::ReceiveBuffer;

/// What is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Target {
    Sync(SyncId),
    Project(ProjectId),
}

impl Target {
    pub(crate) fn path(self) -> String {
        match self {
            Self::Sync(id) => format!("/api/v1/events/project-sync/{id}"),
            Self::Project(id) => format!("/api/v1/events/projects/{id}"),
        }
    }
}

/// The gateways that there are. A client goes to the next one when it is cut off.
#[derive(Clone, Default)]
pub(crate) struct Places(Arc<Mutex<Vec<SocketAddr>>>);

impl Places {
    pub(crate) fn new(places: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self(Arc::new(Mutex::new(places.into_iter().collect())))
    }

    pub(crate) fn add(&self, place: SocketAddr) {
        self.0.lock().unwrap().push(place);
    }

    /// The place of this number, counted round and round.
    pub(crate) fn get(&self, number: usize) -> SocketAddr {
        let places = self.0.lock().unwrap();
        places[number % places.len()]
    }
}

/// What one client does.
#[derive(Clone)]
pub(crate) struct Plan {
    pub(crate) target: Target,
    /// It comes when this many events were written in all.
    pub(crate) comes_after: usize,
    /// What it says it has seen when it comes for the first time.
    pub(crate) last_event_id: Option<String>,
    /// After so many messages it reads a byte a second, until it is cut off.
    pub(crate) slow_after: Option<usize>,
    pub(crate) receive_buffer: ReceiveBuffer,
}

impl Plan {
    /// From now on, as fast as can be.
    pub(crate) fn new(target: Target) -> Self {
        Self { target, comes_after: 0, last_event_id: None, slow_after: None, receive_buffer: None }
    }
}

/// What a client was told.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// On which of its connections, counted from 0.
    pub(crate) connection: usize,
    pub(crate) at: Instant,
    pub(crate) heard: Heard,
}

/// What a message said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    /// Syncs and the last event that the state includes.
    Snapshot(Vec<(SyncId, i64)>),
    Reset(String),
    Event {
        sync: SyncId,
        seq: i64,
        is_end: bool,
    },
}

/// How a client came to its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Finish {
    /// It was told that there is nothing more.
    Over,
    /// It has seen all that there is of a project.
    Seen,
    /// There is no such thing (any more).
    NotFound,
    /// It waited in vain.
    TooLong,
}

/// What became of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Visit {
    pub(crate) place: SocketAddr,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    pub(crate) parting: Parting,
    /// It was told how long to stay away after the beginning, too.
    pub(crate) was_sent_away: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Parting {
    /// The server ended the stream in order.
    InOrder,
    /// The connection broke.
    Broken,
    /// The client went away.
    Left,
    /// Another answer than a stream.
    Refused(u16),
    /// Nobody was there.
    Unreachable,
}

/// Everything about one client.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) number: usize,
    pub(crate) target: Target,
    pub(crate) began_with: Option<String>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) finish: Finish,
}

impl Record {
    /// How its connections ended.
    pub(crate) fn partings(&self) -> BTreeMap<Parting, usize> {
        let mut partings = BTreeMap::new();
        self.visits.iter().for_each(|visit| *partings.entry(visit.parting).or_default() += 1);
        partings
    }
}

/// When the client got the state that it goes on from.
pub(crate) fn state_since(entries: &[Entry]) -> Option<Instant> {
    entries.iter().rev().find(|entry| matches!(entry.heard, Heard::Snapshot(_))).map(|entry| entry.at)
}
