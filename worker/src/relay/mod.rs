//! The relay: what happened is told to other systems, over RabbitMQ.
//!
//! Events are rows, written in the transaction in which a sync ends (`entities::outbox`). A relay takes lanes in which some
//! wait, publishes them, waits until the broker has confirmed, and notes that in the rows. What it could not note is
//! published again: each event arrives at least once, those of a project in their order. Relays of several processes share
//! the lanes by leases. Nothing here touches a sync: whatever happens to the broker, rows wait.

mod error;
mod link;
mod message;
mod settings;
pub mod telemetry;
mod turn;
mod upkeep;

use std::{collections::HashMap, sync::OnceLock, time::Duration};

use entities::{
    Database,
    outbox::{self, LANES, Lane},
};
use metrics::{counter, gauge};
use tokio::{sync::watch, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

pub use self::{
    error::RelayError,
    settings::{RelaySettings, RelaySettingsError, Unroutable},
};
use self::{link::Link, turn::Turn};
use crate::clock::Clock;

/// How long opening a connection may take before that is told as a failure.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);

/// How long one attempt to connect is waited for in all. A broker that stands still takes connections and says nothing, and
/// each would stay open: so a new one is not begun before.
const CONNECT_LIMIT: Duration = Duration::from_secs(300);

/// How long a relay may go on when it is to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// Publishes events.
pub struct Relay {
    /// Where they are.
    pub db: Database,
    /// The settings.
    pub settings: RelaySettings,
    /// Tells the time.
    pub clock: Clock,
    /// What leases bear: no other relay has it.
    pub name: String,
}

/// Publishes events until `stop` fires, if the settings name a broker, and looks after the table either way.
pub async fn serve(relay: Relay, stop: CancellationToken) {
    if relay.settings.amqp_url.is_none() {
        return upkeep::run(&relay, &stop).await;
    }
    tokio::join!(Worker::new(&relay, &stop).run(), upkeep::run(&relay, &stop));
}

/// A relay at work.
struct Worker<'a> {
    relay: &'a Relay,
    stop: &'a CancellationToken,
    /// Says when something was written by this process.
    written: watch::Receiver<u64>,
    /// An attempt to connect that has not ended yet, and when it began.
    connecting: Option<(JoinHandle<Result<Link, RelayError>>, Instant)>,
    /// Events that the broker has and whose rows could not be told: those of one turn.
    unnoted: Vec<i64>,
    /// How often each lane was held back in a row.
    held: HashMap<i16, u32>,
    /// How often all came to nothing in a row.
    failures: u32,
    /// When it must have ended, once it is to.
    deadline: OnceLock<Instant>,
}

impl<'a> Worker<'a> {
    fn new(relay: &'a Relay, stop: &'a CancellationToken) -> Self {
        Self {
            relay,
            stop,
            written: bus::integration::written(),
            connecting: None,
            unnoted: Vec::new(),
            held: HashMap::with_capacity(LANES.unsigned_abs().into()),
            failures: 0,
            deadline: OnceLock::new(),
        }
    }

    async fn run(mut self) {
        gauge!(telemetry::CONNECTED).set(0.0);
        while !self.stop.is_cancelled() {
            let error = match self.connect().await {
                Ok(link) => {
                    gauge!(telemetry::CONNECTED).set(1.0);
                    tracing::info!("events go to the broker");
                    let error = self.work(&link).await;
                    gauge!(telemetry::CONNECTED).set(0.0);
                    link.close().await;
                    error
                }
                Err(error) => error,
            };
            self.fail(&error).await;
        }
    }

    /// Counts a failure, tells it, and waits; at once if the relay stops.
    async fn fail(&mut self, error: &RelayError) {
        if matches!(error, RelayError::Stopped) {
            return;
        }
        self.failures = self.failures.saturating_add(1);
        counter!(telemetry::FAILURES, "reason" => error.reason()).increment(1);
        let delay = self.relay.settings.delay(self.failures);
        tracing::warn!(%error, failures = self.failures, ?delay, "events wait");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.stop.cancelled() => {}
        }
    }

    async fn connect(&mut self) -> Result<Link, RelayError> {
        let settings = &self.relay.settings;
        let begin = || (tokio::spawn(Link::open(settings.clone())), Instant::now());
        let (attempt, began) = self.connecting.get_or_insert_with(begin);
        let joined = tokio::select! {
            joined = tokio::time::timeout(CONNECT_PATIENCE, &mut *attempt) => joined,
            () = self.stop.cancelled() => {
                attempt.abort();
                return Err(RelayError::Stopped);
            }
        };
        let Ok(joined) = joined else {
            if began.elapsed() > CONNECT_LIMIT {
                attempt.abort();
                self.connecting = None;
            }
            return Err(RelayError::NoAnswer);
        };
        self.connecting = None;
        // It is not aborted, so it has ended by a panic: a bug of the client's.
        joined.unwrap_or(Err(RelayError::NoAnswer))
    }

    /// Publishes over a connection until that ends. When the relay is to stop, what waits then is published yet.
    async fn work(&mut self, link: &Link) -> RelayError {
        loop {
            let is_last = self.stop.is_cancelled();
            self.written.mark_unchanged();
            match self.turn(link).await {
                Ok(true) => self.failures = 0,
                Ok(false) if is_last => return RelayError::Stopped,
                Ok(false) if link.is_open() => self.wait().await,
                Ok(false) => return RelayError::NoAnswer,
                Err(error) if error.spares_connection() && !is_last => self.fail(&error).await,
                Err(error) => return error,
            }
        }
    }

    /// Waits for something to do.
    async fn wait(&mut self) {
        tokio::select! {
            () = tokio::time::sleep(self.relay.settings.poll()) => {}
            // The sender is never dropped.
            _ = self.written.changed() => {}
            () = self.stop.cancelled() => {}
        }
    }

    /// One turn. `false` if there was nothing to do.
    async fn turn(&mut self, link: &Link) -> Result<bool, RelayError> {
        self.note().await?;
        let Some(mut turn) = Turn::take(self.relay).await? else { return Ok(false) };
        let lanes = turn.lanes.clone();
        let result = tokio::select! {
            result = turn.publish(self.relay, link) => result,
            error = self.keep(&lanes) => Err(error),
            () = self.out_of_time() => Err(RelayError::Stopped),
        };
        self.unnoted.append(&mut turn.done);
        self.settle(&turn).await?;
        result.map(|()| true)
    }

    async fn out_of_time(&self) {
        self.stop.cancelled().await;
        let deadline = self.deadline.get_or_init(|| Instant::now() + STOP_PATIENCE);
        tokio::time::sleep_until(*deadline).await;
    }

    /// Holds lanes for as long as it is waited for; ends when one is lost.
    async fn keep(&self, lanes: &[Lane]) -> RelayError {
        let (db, lease) = (self.relay.db.system(), self.relay.settings.lease());
        let mut until = Instant::now() + lease;
        loop {
            tokio::time::sleep(lease / 3).await;
            let now = self.relay.clock.now();
            let asked = Instant::now();
            match outbox::prolong(&db, lanes, now + lease).await {
                Ok(true) => until = asked + lease,
                Ok(false) => return RelayError::LaneLost,
                Err(error) if Instant::now() < until => {
                    tracing::debug!(%error, "lanes are not prolonged now")
                }
                Err(_) => return RelayError::LaneLost,
            }
        }
    }

    /// Notes what the broker has, where that did not work before.
    async fn note(&mut self) -> Result<(), RelayError> {
        if !self.unnoted.is_empty() {
            let now = self.relay.clock.now();
            outbox::mark_published(&self.relay.db.system(), &self.unnoted, now).await?;
            self.unnoted.clear();
        }
        Ok(())
    }

    /// Notes what the broker has, and gives lanes back: at once, or after a while where something was refused.
    async fn settle(&mut self, turn: &Turn) -> Result<(), RelayError> {
        let now = self.relay.clock.now();
        let transaction = self.relay.db.system().begin_write().await?;
        outbox::mark_published(&transaction, &self.unnoted, now).await?;
        for lane in &turn.lanes {
            let until = turn.held.contains(&lane.lane).then(|| now + self.hold(lane.lane));
            outbox::release(&transaction, *lane, until).await?;
        }
        transaction.commit().await?;
        self.unnoted.clear();
        self.held.retain(|lane, _| {
            turn.held.contains(lane) || !turn.lanes.iter().any(|taken| taken.lane == *lane)
        });
        Ok(())
    }

    /// How long a lane is held back, longer each time.
    fn hold(&mut self, lane: i16) -> Duration {
        let times = self.held.entry(lane).or_default();
        *times = times.saturating_add(1);
        self.relay.settings.delay(*times)
    }
}
