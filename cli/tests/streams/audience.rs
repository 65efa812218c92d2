//! Any number of clients that follow syncs and projects, come again when they are cut off, and keep a record of what they
//! were told.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use entities::{ProjectId, SyncId};
use serde::Deserialize;
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
    time::{Interval, interval, sleep, timeout_at},
};

use crate::{
    Chance,
    ledger::Ledger,
    record::{Entry, Finish, Heard, Parting, Places, Plan, Record, Target, Visit, state_since},
    stage::PATIENCE,
    wire::{Message, Next, Wire},
};

/// How long a client waits before it comes again, of what it was told: tests have less time than people.
const RETRY_SHARE: f64 = 0.1;

/// The longest that it waits.
const MAX_RETRY: Duration = Duration::from_millis(500);

/// How much a client reads at once that is in no hurry to be slow.
pub(crate) const ALL: usize = 16 << 10;

/// The clients of a test.
pub(crate) struct Audience {
    places: Places,
    ledger: Arc<Ledger>,
    clients: Vec<(Arc<Notify>, JoinHandle<Record>)>,
    /// How many clients have heard something.
    listening: watch::Sender<usize>,
    /// How many messages all of them have heard.
    heard: watch::Sender<usize>,
}

impl Audience {
    pub(crate) fn new(places: &Places, ledger: &Arc<Ledger>) -> Self {
        let (places, ledger) = (places.clone(), Arc::clone(ledger));
        let (listening, heard) = Default::default();
        Self { places, ledger, clients: Vec::new(), listening, heard }
    }

    /// Adds clients that do the same.
    pub(crate) fn add(&mut self, clients: usize, plan: &Plan) {
        (0..clients).for_each(|_| self.join(plan.clone()));
    }

    /// Adds a client.
    pub(crate) fn join(&mut self, plan: Plan) {
        let leave = Arc::new(Notify::new());
        let number = self.clients.len();
        let record = Record {
            number,
            target: plan.target,
            began_with: plan.last_event_id.clone(),
            entries: Vec::new(),
            visits: Vec::new(),
            finish: Finish::TooLong,
        };
        let client = Client {
            place: number,
            last_event_id: plan.last_event_id.clone(),
            retry: MAX_RETRY,
            plan,
            places: self.places.clone(),
            ledger: Arc::clone(&self.ledger),
            leave: Arc::clone(&leave),
            listening: self.listening.clone(),
            heard: self.heard.clone(),
            record,
            ends: HashMap::new(),
        };
        self.clients.push((leave, tokio::spawn(client.run())));
    }

    /// Waits until this many clients have heard something.
    pub(crate) async fn listens(&self, clients: usize) {
        let mut listening = self.listening.subscribe();
        let waiting = tokio::time::timeout(PATIENCE, listening.wait_for(|listening| *listening >= clients));
        let is_so = waiting.await.is_ok();
        assert!(is_so, "only {} of {clients} clients hear anything", *self.listening.borrow());
    }

    /// Waits until the clients have heard this many messages in all.
    pub(crate) async fn hears(&self, messages: usize) {
        let mut heard = self.heard.subscribe();
        let waiting = tokio::time::timeout(PATIENCE, heard.wait_for(|heard| *heard >= messages));
        assert!(waiting.await.is_ok(), "only {} of {messages} messages are heard", *self.heard.borrow());
    }

    /// So many clients of a hundred go away each second and come again.
    pub(crate) async fn churn(&self, percent_per_second: usize, seconds: u32, chance: &mut Chance) {
        const BEATS: u32 = 20;
        let mut beat = interval(Duration::from_secs(1) / BEATS);
        for _ in 0..seconds * BEATS {
            beat.tick().await;
            for _ in 0..self.clients.len() * percent_per_second / 100 / BEATS as usize {
                let client = chance.below(self.clients.len());
                self.clients[client].0.notify_one();
            }
        }
    }

    /// Waits until all clients have come to their ends.
    pub(crate) async fn records(self) -> Vec<Record> {
        let mut records = Vec::with_capacity(self.clients.len());
        for (_, client) in self.clients {
            records.push(client.await.unwrap());
        }
        records
    }
}

/// What the data of all events has.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EventData {
    sync_id: SyncId,
    seq: i64,
    r#type: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SnapshotData {
    sync_id: SyncId,
    seq: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProjectSnapshotData {
    project_id: ProjectId,
    syncs: Vec<SnapshotData>,
}

#[derive(Deserialize)]
struct ResetData {
    reason: String,
}

struct Client {
    plan: Plan,
    places: Places,
    place: usize,
    ledger: Arc<Ledger>,
    leave: Arc<Notify>,
    listening: watch::Sender<usize>,
    heard: watch::Sender<usize>,
    last_event_id: Option<String>,
    retry: Duration,
    record: Record,
    /// The syncs of a project whose end it has seen, or not yet.
    ends: HashMap<SyncId, bool>,
}

impl Client {
    async fn run(mut self) -> Record {
        self.ledger.reaches(self.plan.comes_after).await;
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let place = self.places.get(self.place);
            let began = Instant::now();
            let visited = timeout_at(deadline, self.visit(place)).await;
            let (parting, was_sent_away, finish) =
                visited.unwrap_or((Parting::Left, false, Some(Finish::TooLong)));
            self.record.visits.push(Visit { place, began, ended: Instant::now(), parting, was_sent_away });
            if let Some(finish) = finish {
                self.record.finish = finish;
                return self.record;
            }
            if parting != Parting::InOrder || was_sent_away {
                self.place += 1;
            }
            sleep(self.retry.mul_f64(RETRY_SHARE).min(MAX_RETRY)).await;
        }
    }

    /// One connection, from its beginning to its end.
    async fn visit(&mut self, place: SocketAddr) -> (Parting, bool, Option<Finish>) {
        let Ok(mut wire) = Wire::connect(place, self.plan.receive_buffer).await else {
            return (Parting::Unreachable, false, None);
        };
        let line = match &self.last_event_id {
            Some(id) => format!("Last-Event-ID: {id}\r\n"),
            None => String::new(),
        };
        match wire.ask(&self.plan.target.path(), line.as_bytes()).await {
            Ok(head) if head.status == 200 => {
                assert_eq!(head.header("content-type"), Some("text/event-stream"));
            }
            Ok(head) if head.status == 204 => return (Parting::Refused(204), false, Some(Finish::Over)),
            Ok(head) if head.status == 404 => return (Parting::Refused(404), false, Some(Finish::NotFound)),
            Ok(head) if matches!(head.status, 429 | 503) => {
                return (Parting::Refused(head.status), false, None);
            }
            Ok(head) => panic!("an answer that nobody expects: {head:?}"),
            Err(_) => return (Parting::Broken, false, None),
        }
        self.listen(wire).await
    }

    async fn listen(&mut self, mut wire: Wire) -> (Parting, bool, Option<Finish>) {
        let (slow_after, mut pace) = (self.plan.slow_after.take(), None::<Interval>);
        let mut closing = self.ledger.closing();
        let (leave, mut has_heard, mut was_sent_away) = (Arc::clone(&self.leave), false, false);
        // Who comes again after everything was written hears nothing more that could tell it so.
        if !self.record.entries.is_empty() && *closing.borrow_and_update() && self.has_seen_all() {
            return (Parting::Left, was_sent_away, Some(Finish::Seen));
        }
        loop {
            let next = async {
                if let Some(pace) = &mut pace {
                    pace.tick().await;
                }
                wire.next(if pace.is_some() { 1 } else { ALL }).await
            };
            let next = tokio::select! {
                next = next => next,
                () = leave.notified() => {
                    let at_once = self.record.visits.len().is_multiple_of(2);
                    wire.leave(at_once);
                    return (Parting::Left, was_sent_away, None);
                }
                Ok(()) = closing.changed() => {
                    if self.has_seen_all() {
                        return (Parting::Left, was_sent_away, Some(Finish::Seen));
                    }
                    continue;
                }
            };
            if let Some(retry) = wire.take_retry() {
                was_sent_away = has_heard;
                self.retry = retry;
            }
            match next {
                Next::Message(message) => {
                    if !std::mem::replace(&mut has_heard, true) && self.record.entries.is_empty() {
                        self.listening.send_modify(|listening| *listening += 1);
                    }
                    self.hear(message, wire.moved_at);
                    if slow_after.is_some_and(|messages| self.record.entries.len() >= messages) {
                        pace.get_or_insert_with(|| interval(Duration::from_secs(1)));
                    }
                    if self.has_seen_all() {
                        return (Parting::Left, was_sent_away, Some(Finish::Seen));
                    }
                }
                Next::EndInOrder => return (Parting::InOrder, was_sent_away, None),
                Next::Broken => return (Parting::Broken, was_sent_away, None),
            }
        }
    }

    fn hear(&mut self, message: Message, at: Instant) {
        let heard = self.understand(&message);
        match &heard {
            Heard::Snapshot(syncs) => {
                assert!(message.id.is_some(), "a snapshot without an id: {message:?}");
                self.ends = syncs.iter().map(|(sync, _)| (*sync, false)).collect();
            }
            Heard::Reset(_) => assert_eq!(message.id, None, "a reset with an id"),
            Heard::Event { sync, is_end, .. } => {
                assert!(message.id.is_some(), "an event without an id: {message:?}");
                self.ends.insert(*sync, *is_end);
            }
        }
        self.last_event_id = message.id.or(self.last_event_id.take());
        self.heard.send_modify(|heard| *heard += 1);
        self.record.entries.push(Entry { connection: self.record.visits.len(), at, heard });
    }

    /// What a message says, which must agree with itself.
    fn understand(&self, message: &Message) -> Heard {
        let Message { id, event, data } = message;
        match (event.as_str(), self.plan.target) {
            ("reset", _) => Heard::Reset(read::<ResetData>(data).reason),
            ("snapshot", Target::Sync(sync)) => {
                let snapshot: SnapshotData = read(data);
                assert_eq!((snapshot.sync_id, Some(snapshot.seq.to_string())), (sync, id.clone()));
                Heard::Snapshot(vec![(snapshot.sync_id, snapshot.seq)])
            }
            ("snapshot", Target::Project(project)) => {
                let snapshot: ProjectSnapshotData = read(data);
                assert_eq!(snapshot.project_id, project);
                Heard::Snapshot(snapshot.syncs.iter().map(|sync| (sync.sync_id, sync.seq)).collect())
            }
            (name, target) => {
                let EventData { sync_id, seq, r#type } = read(data);
                assert_eq!(name, r#type);
                if let Target::Sync(sync) = target {
                    assert_eq!((sync_id, Some(seq.to_string())), (sync, id.clone()));
                }
                let is_end = matches!(name, "completed" | "failed" | "cancelled");
                Heard::Event { sync: sync_id, seq, is_end }
            }
        }
    }

    /// Whether a follower of a project has seen the ends of all that it was to see. A sync whose last event was about to
    /// be written when the client got its state need not be in it.
    fn has_seen_all(&self) -> bool {
        if !matches!(self.plan.target, Target::Project(_)) || !*self.ledger.closing().borrow() {
            return false;
        }
        let since = state_since(&self.record.entries);
        self.ledger.syncs().iter().all(|(sync, written)| match self.ends.get(sync) {
            Some(has_ended) => *has_ended,
            None => since.is_some_and(|since| written.ends_at.is_some_and(|end| end < since)),
        })
    }
}

fn read<'a, T: Deserialize<'a>>(data: &'a str) -> T {
    serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}"))
}
