//! Clients that watch: each follows a project as `watch` does, counts what comes, and keeps nothing of it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use entities::{ProjectId, SyncId};
use gateway::{ProjectSnapshot, Target};
use serde::{Deserialize, Serialize};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::histogram::{Histogram, Spread};
use crate::{
    client::Client,
    error::CliError,
    follow::{Follower, Message, Origin, Told},
};

/// Clients that connect at once.
const CONNECTING: usize = 64;

/// The most syncs of a project whose events a client checks at a time; a branch has two at most. Of others only the age of
/// events is counted.
const MAX_FOLLOWED: usize = 256;

/// Syncs that ended whose ids a client remembers, so that what comes again is found.
const REMEMBERED: usize = 16;

/// How often it is looked whether what is waited for is there.
const PAUSE: Duration = Duration::from_millis(50);

/// How long all clients may take to connect, and the last events of a step to come.
const PATIENCE: Duration = Duration::from_secs(120);
const LAST_EVENTS: Duration = Duration::from_secs(15);

/// What all clients count together.
struct Tally {
    connected: AtomicU64,
    events: AtomicU64,
    endings: AtomicU64,
    lost: AtomicU64,
    doubled: AtomicU64,
    resets: AtomicU64,
    cut_off: AtomicU64,
    gave_up: AtomicU64,
    age: Histogram,
}

/// What came to the clients in a step.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Watched {
    /// Clients that are connected.
    pub clients: u64,
    /// Events that came.
    pub events: u64,
    /// How old they were: from when they happened until a client had them.
    pub age: Spread,
    /// Events that a later one left out, that came after a client was told to begin anew, and last ones that never came.
    pub lost: u64,
    /// Events that had come already.
    pub doubled: u64,
    /// Connections that broke and were made again.
    pub cut_off: u64,
}

/// The clients. Dropping the value ends them.
pub struct Watchers {
    tally: Arc<Tally>,
    tasks: JoinSet<()>,
    /// Clients of each project.
    each: Vec<u64>,
}

impl Watchers {
    /// Connects `count` clients, spread over the projects, and waits until all of them have heard where things stand.
    ///
    /// # Errors
    /// If not all of them can be connected, or the run is to end.
    pub async fn connect(
        client: &Client,
        projects: &[ProjectId],
        count: usize,
        stop: &CancellationToken,
    ) -> Result<Self, CliError> {
        let tally = Arc::new(Tally::new());
        let mut watchers = Self { tally, tasks: JoinSet::new(), each: vec![0; projects.len()] };
        let gate = Arc::new(Semaphore::new(CONNECTING));
        for (place, project) in (0..projects.len()).cycle().take(count).map(|place| (place, projects[place]))
        {
            watchers.each[place] += 1;
            let follower = Follower::new(Origin::Service(client.clone()), Target::Project(project));
            watchers.tasks.spawn(watch(follower, Arc::clone(&watchers.tally), Arc::clone(&gate)));
        }
        let tally = Arc::clone(&watchers.tally);
        let all = || tally.connected.load(Relaxed) + tally.gave_up.load(Relaxed) >= count as u64;
        wait_until(all, PATIENCE, stop).await?;
        let connected = tally.connected.load(Relaxed);
        if connected < count as u64 {
            let message = format!("only {connected} of {count} clients are connected");
            let hint = "an installation limits streams (gateway.streams_per_client, gateway.max_streams), and the \
                        system open files (ulimit -n)";
            return Err(CliError::Blocked { message, hint: Some(hint.to_owned()) });
        }
        tally.forget();
        Ok(watchers)
    }

    /// Clients of a project, by its place.
    pub fn of(&self, project: usize) -> u64 {
        self.each.get(project).copied().unwrap_or(0)
    }

    /// Waits until so many last events of syncs came, but not long; then tells what came since the last time.
    ///
    /// # Errors
    /// If the run is to end.
    pub async fn take(&self, endings: u64, stop: &CancellationToken) -> Result<Watched, CliError> {
        let tally = &self.tally;
        wait_until(|| tally.endings.load(Relaxed) >= endings, LAST_EVENTS, stop).await?;
        let missing = endings.saturating_sub(tally.endings.load(Relaxed));
        let watched = Watched {
            clients: tally.connected.load(Relaxed) - tally.gave_up.load(Relaxed),
            events: tally.events.load(Relaxed),
            age: tally.age.take(),
            lost: tally.lost.load(Relaxed) + tally.resets.load(Relaxed) + missing,
            doubled: tally.doubled.load(Relaxed),
            cut_off: tally.cut_off.load(Relaxed),
        };
        tally.forget();
        Ok(watched)
    }
}

/// Waits, but not longer than this, which is no error.
async fn wait_until(
    is_there: impl Fn() -> bool,
    at_most: Duration,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let waiting = async {
        while !is_there() {
            sleep(PAUSE).await;
        }
    };
    tokio::select! {
        // Late is told by what is missing.
        _ = tokio::time::timeout(at_most, waiting) => Ok(()),
        () = stop.cancelled() => Err(CliError::Interrupted),
    }
}

async fn watch(mut follower: Follower, tally: Arc<Tally>, gate: Arc<Semaphore>) {
    // Held until the first message came. A semaphore that is never closed always gives.
    let mut permit = gate.acquire().await.ok();
    let mut order = Order::default();
    while let Ok(Some(told)) = follower.next().await {
        let Told::Message(message) = told else {
            tally.cut_off.fetch_add(1, Relaxed);
            continue;
        };
        if permit.take().is_some() {
            tally.connected.fetch_add(1, Relaxed);
        }
        tally.hear(&message, &mut order);
    }
    tally.gave_up.fetch_add(1, Relaxed);
}

/// What is read of an event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Slim {
    sync_id: SyncId,
    seq: i64,
    at: DateTime<Utc>,
}

impl Tally {
    fn new() -> Self {
        let zero = || AtomicU64::new(0);
        Self {
            connected: zero(),
            events: zero(),
            endings: zero(),
            lost: zero(),
            doubled: zero(),
            resets: zero(),
            cut_off: zero(),
            gave_up: zero(),
            age: Histogram::new(),
        }
    }

    fn hear(&self, message: &Message, order: &mut Order) {
        match message.name.as_str() {
            "snapshot" => order.begin(&message.read::<ProjectSnapshot>().map(known).unwrap_or_default()),
            "reset" => drop(self.resets.fetch_add(1, Relaxed)),
            name => {
                let Ok(event) = message.read::<Slim>() else { return };
                let is_last = matches!(name, "completed" | "failed" | "cancelled");
                // A clock that differs by a little must not make an event older than anything.
                self.age.record((Utc::now() - event.at).to_std().unwrap_or_default());
                self.events.fetch_add(1, Relaxed);
                match order.see(event.sync_id, event.seq, is_last) {
                    Seen::InTurn => {}
                    Seen::After(missing) => drop(self.lost.fetch_add(missing, Relaxed)),
                    Seen::Again => {
                        self.doubled.fetch_add(1, Relaxed);
                        return;
                    }
                }
                if is_last {
                    self.endings.fetch_add(1, Relaxed);
                }
            }
        }
    }

    /// Begins a step. Nothing comes between two of them.
    fn forget(&self) {
        self.age.take();
        for count in [&self.events, &self.endings, &self.lost, &self.doubled, &self.resets, &self.cut_off] {
            count.store(0, Relaxed);
        }
    }
}

/// The syncs that a snapshot includes, each with the number of its last event.
fn known(snapshot: ProjectSnapshot) -> Vec<(SyncId, i64)> {
    snapshot.syncs.into_iter().map(|sync| (sync.sync_id, sync.seq)).collect()
}

/// Where an event stands among those of its sync.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    /// It is the next one.
    InTurn,
    /// So many are missing before it.
    After(u64),
    /// It, or a later one, came before.
    Again,
}

/// What a client has seen: events of a sync are numbered without a hole.
#[derive(Default)]
struct Order {
    last: BTreeMap<SyncId, i64>,
    ended: VecDeque<SyncId>,
}

impl Order {
    fn begin(&mut self, known: &[(SyncId, i64)]) {
        self.last = known.iter().take(MAX_FOLLOWED).copied().collect();
    }

    fn see(&mut self, sync: SyncId, seq: i64, is_last: bool) -> Seen {
        if self.ended.contains(&sync) {
            return Seen::Again;
        }
        let last = self.last.get(&sync).copied();
        if last.is_none() && self.last.len() >= MAX_FOLLOWED {
            return Seen::InTurn;
        }
        let next = last.unwrap_or(0) + 1;
        if seq < next {
            return Seen::Again;
        }
        if is_last {
            self.last.remove(&sync);
            self.ended.push_back(sync);
            if self.ended.len() > REMEMBERED {
                self.ended.pop_front();
            }
        } else {
            self.last.insert(sync, seq);
        }
        match u64::try_from(seq - next) {
            Ok(missing) if missing > 0 => Seen::After(missing),
            _ => Seen::InTurn,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_and_repetitions_are_found() {
        let (mut order, one, other) = (Order::default(), SyncId::generate(), SyncId::generate());
        order.begin(&[(other, 4)]);
        for (sync, seq, is_last, seen) in [
            (one, 1, false, Seen::InTurn),
            (other, 5, false, Seen::InTurn),
            (one, 2, false, Seen::InTurn),
            (one, 2, false, Seen::Again),
            (one, 5, false, Seen::After(2)),
            (other, 4, false, Seen::Again),
            (one, 6, true, Seen::InTurn),
            (one, 6, true, Seen::Again),
            (other, 8, true, Seen::After(2)),
        ] {
            assert_eq!(order.see(sync, seq, is_last), seen, "{seq}");
        }
    }
}
