//! The jobs that this worker has on loan: claimed when there is room for them, prolonged while they run, settled when
//! they are done.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bus::queue::{Claimed, Delivery, JobQueue, MAX_BATCH, Receipt, Settlement, Signal};
use entities::SyncId;
use futures::{FutureExt, StreamExt};
use rand::Rng;
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch},
    time::{Instant, MissedTickBehavior},
};
use tokio_util::sync::CancellationToken;

use crate::telemetry::BUSY;

/// How long an idle worker waits for a signal before it looks by itself. Signals are quicker; this is for lost ones.
const IDLE_POLL: Duration = Duration::from_secs(1);

/// The first and the longest pause after the queue did not answer.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long a queue that is away is waited for once nothing more is claimed: what is not settled by then is lent again
/// when its loan runs out, and finds its sync done.
const LAST_PATIENCE: Duration = Duration::from_secs(5);

/// What is done with one loan.
type Settled = (Receipt, Settlement, oneshot::Sender<()>);

/// Whether jobs can be run here: not while the database is away, when others may reach it. Cheap to clone.
#[derive(Clone)]
pub(super) struct Gate(Arc<watch::Sender<bool>>);

impl Default for Gate {
    /// An open one.
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(true)))
    }
}

impl Gate {
    async fn is_open(&self) {
        // The sender lives as long as we do, so there is always an answer.
        let _ = self.0.subscribe().wait_for(|is_open| *is_open).await;
    }

    /// Shuts it until `is_well` says that all is well, which is asked again and again.
    pub(super) fn shut_until<F>(&self, is_well: impl Fn() -> F + Send + 'static)
    where
        F: Future<Output = bool> + Send,
    {
        if !self.0.send_replace(false) {
            return;
        }
        let gate = Arc::clone(&self.0);
        tokio::spawn(async move {
            while !is_well().await {
                tokio::time::sleep(FIRST_PAUSE * 5).await;
            }
            gate.send_replace(true);
        });
    }
}

/// The loans of one worker.
pub(super) struct Loans {
    queue: Arc<dyn JobQueue>,
    worker: String,
    /// What is on loan. Each holds a slot until it is settled.
    held: Mutex<HashMap<Receipt, OwnedSemaphorePermit>>,
    slots: Arc<Semaphore>,
    settlements: mpsc::Sender<Settled>,
    wake: Notify,
    gate: Gate,
    /// Fires when nothing more is to be claimed.
    draining: CancellationToken,
    /// Fires when everything ends.
    closed: CancellationToken,
}

/// The syncs that run in this process, each with what ends it.
#[derive(Default)]
pub(super) struct Running(Mutex<HashMap<SyncId, CancellationToken>>);

/// A sync that runs in this process.
pub(super) struct Run {
    sync: SyncId,
    /// Ends it as cancelled.
    pub(super) cancel: CancellationToken,
    running: Arc<Running>,
}

impl Drop for Run {
    fn drop(&mut self) {
        let mut map = self.running.map();
        map.remove(&self.sync);
        metrics::gauge!(BUSY).set(map.len() as f64);
    }
}

impl Running {
    fn map(&self) -> MutexGuard<'_, HashMap<SyncId, CancellationToken>> {
        // A map of tokens cannot be left half-changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A sync begins, and runs for as long as the answer lives. `None` if it runs already.
    pub(super) fn begin(self: &Arc<Self>, sync: SyncId) -> Option<Run> {
        let mut map = self.map();
        if map.contains_key(&sync) {
            return None;
        }
        let cancel = CancellationToken::new();
        map.insert(sync, cancel.clone());
        metrics::gauge!(BUSY).set(map.len() as f64);
        Some(Run { sync, cancel, running: Arc::clone(self) })
    }

    /// Whether a sync runs here.
    pub(super) fn has(&self, sync: SyncId) -> bool {
        self.map().contains_key(&sync)
    }

    fn cancel(&self, sync: SyncId) {
        if let Some(token) = self.map().get(&sync) {
            token.cancel();
        }
    }
}

impl Loans {
    /// Begins to claim up to `slots` jobs at once. What is claimed comes out of the receiver, which ends after `draining`
    /// has fired.
    pub(super) fn open(
        queue: Arc<dyn JobQueue>,
        worker: String,
        slots: usize,
        running: Arc<Running>,
        gate: Gate,
        draining: CancellationToken,
    ) -> (Arc<Self>, mpsc::Receiver<Delivery>) {
        let slots = slots.clamp(1, MAX_BATCH);
        let (settlements, settled) = mpsc::channel(slots);
        let (deliver, deliveries) = mpsc::channel(slots);
        let loans = Arc::new(Self {
            queue,
            worker,
            held: Mutex::default(),
            slots: Arc::new(Semaphore::new(slots)),
            settlements,
            wake: Notify::new(),
            gate,
            draining,
            closed: CancellationToken::new(),
        });
        tokio::spawn(Arc::clone(&loans).listen(running));
        tokio::spawn(Arc::clone(&loans).prolong());
        let (draining, closed) = (loans.draining.clone(), loans.closed.clone());
        tokio::spawn(settle_in_batches(Arc::clone(&loans.queue), settled, draining, closed));
        tokio::spawn(Arc::clone(&loans).claim(deliver));
        (loans, deliveries)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<Receipt, OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Settles a loan and frees its slot. Returns once the queue has taken it, however long that lasts.
    pub(super) async fn settle(&self, receipt: Receipt, settlement: Settlement) {
        let (done, is_done) = oneshot::channel();
        if self.settlements.send((receipt.clone(), settlement, done)).await.is_ok() {
            // An error says that everything ended meanwhile: the loan runs out by itself.
            let _ = is_done.await;
        }
        self.held().remove(&receipt);
    }

    /// Ends everything. Loans that are not settled run out.
    pub(super) fn close(&self) {
        self.closed.cancel();
    }

    /// Claims whenever there is room.
    async fn claim(self: Arc<Self>, deliver: mpsc::Sender<Delivery>) {
        let mut pause = FIRST_PAUSE;
        loop {
            let Some(mut room) = self.room().await else { return };
            let most = room.num_permits();
            // Not cut off by the drain: what was claimed must be known.
            match self.queue.claim(&self.worker, most).await {
                Ok(Claimed { deliveries, next_due }) => {
                    pause = FIRST_PAUSE;
                    let (is_empty, is_full) = (deliveries.is_empty(), deliveries.len() >= most);
                    for delivery in deliveries {
                        let Some(slot) = room.split(1) else { break };
                        self.held().insert(delivery.receipt(), slot);
                        // There is room for as many as there are slots; it ends only with the worker.
                        let _ = deliver.send(delivery).await;
                    }
                    drop(room);
                    if is_empty || (!is_full && next_due.is_none()) {
                        self.idle(next_due).await;
                    }
                }
                Err(error) => {
                    drop(room);
                    tracing::warn!(%error, "nothing can be claimed now");
                    self.rest(&mut pause).await;
                }
            }
        }
    }

    /// Waits until jobs can be run and there are free slots, and takes all of them. `None` when nothing more is to be
    /// claimed.
    async fn room(&self) -> Option<OwnedSemaphorePermit> {
        let first = async {
            let first = Arc::clone(&self.slots).acquire_owned().await;
            self.gate.is_open().await;
            first
        };
        let first = tokio::select! {
            biased;
            () = self.draining.cancelled() => return None,
            () = self.closed.cancelled() => return None,
            first = first => first.ok()?,
        };
        let mut room = first;
        let more = self.slots.available_permits() as u32;
        if let Ok(rest) = Arc::clone(&self.slots).try_acquire_many_owned(more) {
            room.merge(rest);
        }
        Some(room)
    }

    /// Waits until there may be something to claim.
    async fn idle(&self, next_due: Option<Duration>) {
        let poll = IDLE_POLL.mul_f64(rand::rng().random_range(0.8..=1.2));
        let wait = next_due.map_or(poll, |due| due.min(poll));
        tokio::select! {
            () = self.wake.notified() => {}
            () = tokio::time::sleep(wait) => {}
            () = self.draining.cancelled() => {}
            () = self.closed.cancelled() => {}
        }
    }

    async fn rest(&self, pause: &mut Duration) {
        let jittered = pause.mul_f64(rand::rng().random_range(0.5..=1.0));
        *pause = (*pause * 2).min(LONGEST_PAUSE);
        tokio::select! {
            () = tokio::time::sleep(jittered) => {}
            () = self.draining.cancelled() => {}
            () = self.closed.cancelled() => {}
        }
    }

    /// Hears what all workers are told.
    async fn listen(self: Arc<Self>, running: Arc<Running>) {
        let mut pause = FIRST_PAUSE;
        let listen = async {
            loop {
                match self.queue.signals().await {
                    Ok(mut signals) => {
                        pause = FIRST_PAUSE;
                        self.wake.notify_one();
                        while let Some(signal) = signals.next().await {
                            match signal {
                                Signal::Wake => self.wake.notify_one(),
                                Signal::Cancel(sync) => running.cancel(sync),
                            }
                        }
                    }
                    Err(error) => tracing::warn!(%error, "no signals for now"),
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        };
        tokio::select! {
            () = listen => {}
            () = self.closed.cancelled() => {}
        }
    }

    /// Prolongs what is on loan, through a drain too.
    async fn prolong(self: Arc<Self>) {
        let mut beat = tokio::time::interval(self.queue.lease() / 3);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                () = self.closed.cancelled() => return,
            }
            let receipts: Vec<Receipt> = self.held().keys().cloned().collect();
            match self.queue.prolong(&self.worker, &receipts).await {
                // The sync goes on: the claim in the database is what counts.
                Ok(lost) if !lost.is_empty() => tracing::warn!(lost = lost.len(), "loans were lost"),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "loans cannot be prolonged now"),
            }
        }
    }
}

/// Settles what comes in, as much as there is at once, until it is taken; once nothing more is claimed, for no longer than
/// [`LAST_PATIENCE`].
async fn settle_in_batches(
    queue: Arc<dyn JobQueue>,
    mut settled: mpsc::Receiver<Settled>,
    draining: CancellationToken,
    closed: CancellationToken,
) {
    loop {
        let first = tokio::select! {
            first = settled.recv() => first,
            () = closed.cancelled() => settled.recv().now_or_never().flatten(),
        };
        let Some(first) = first else { return };
        let mut batch = vec![first];
        while batch.len() < MAX_BATCH
            && let Ok(next) = settled.try_recv()
        {
            batch.push(next);
        }
        let settlements: Vec<_> =
            batch.iter().map(|(receipt, settlement, _)| (receipt.clone(), *settlement)).collect();
        let mut pause = FIRST_PAUSE;
        let mut last_chance = None;
        while let Err(error) = queue.settle(&settlements).await {
            tracing::warn!(%error, "loans cannot be settled now");
            if draining.is_cancelled() || closed.is_cancelled() {
                let until = *last_chance.get_or_insert_with(|| Instant::now() + LAST_PATIENCE);
                if Instant::now() > until {
                    break;
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        for (_, _, done) in batch {
            let _ = done.send(());
        }
    }
}
