//! Telling how a sync goes.
//!
//! Phases say how far they are as often as they like; one task per sync numbers the events, keeps them in `sync_events`
//! under the sync's claim, and passes them on. What waits to be told is kept in one transaction. Progress is thinned to ten
//! a second, never one event a file.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bus::{Event, ProgressBus, ProgressEvent, Unit};
use entities::{
    TenantDb, TenantId,
    syncs::{self, Claim},
};
use sea_orm::{DbErr, SqlErr};
use source::{SourceContext, Traffic};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, MissedTickBehavior},
};

use crate::{
    clock::Clock,
    error::{SyncError, is_passing},
};

/// The shortest time between two progress events of a sync: at most ten a second.
pub const PROGRESS_INTERVAL: Duration = Duration::from_millis(100);

/// How many messages may wait to be written before the pipeline waits too; after as many events no more is added to what
/// is written in one transaction.
const QUEUED_EVENTS: usize = 64;

/// The most warnings of one sync that are told one by one; the rest is only counted.
pub const MAX_WARNINGS: i64 = 100;

/// What the task that writes is given.
struct Message {
    events: Vec<Event>,
    /// The phase that begins with them: noted in the same transaction.
    phase: Option<&'static str>,
    /// Is told the number of the last event once all is kept.
    reply: Option<oneshot::Sender<Result<i64, SyncError>>>,
}

impl Message {
    fn of(event: Event) -> Self {
        Self { events: vec![event], phase: None, reply: None }
    }
}

/// What is on its way to the database.
pub(super) struct Kept(oneshot::Receiver<Result<i64, SyncError>>);

impl Kept {
    /// Waits until it is there, and all that was told before, and gives the number of the last event.
    ///
    /// # Errors
    /// If an event could not be kept.
    pub(super) async fn wait(self) -> Result<i64, SyncError> {
        self.0.await.unwrap_or(Err(SyncError::Internal("the event writer is gone")))
    }
}

/// How far a phase says it is.
struct Said {
    phase: &'static str,
    done: u64,
    total: Option<u64>,
    unit: Unit,
}

/// What was said last and has not been written yet.
type Latest = Arc<Mutex<Option<Said>>>;

/// A sync's voice. Cheap to clone.
#[derive(Clone)]
pub struct Progress {
    latest: Latest,
    messages: mpsc::Sender<Message>,
    warnings: Arc<std::sync::atomic::AtomicI64>,
}

/// Where events go.
pub(super) struct Recorder {
    pub(super) db: TenantDb,
    pub(super) bus: Arc<dyn ProgressBus>,
    pub(super) clock: Clock,
    pub(super) tenant: TenantId,
    pub(super) claim: Claim,
    /// How long a database that is away is waited for.
    pub(super) patience: Duration,
}

impl Recorder {
    /// Keeps events that follow number `last` under the claim, all or none, with the phase that begins with them, and
    /// passes them on. Gives the number of the last one. Waits for a database that is away: events are numbered without a
    /// hole, so none may be skipped.
    async fn record(
        &self,
        last: i64,
        events: Vec<Event>,
        phase: Option<&'static str>,
    ) -> Result<i64, SyncError> {
        let (sync_id, at) = (self.claim.sync, self.clock.now());
        let numbered = events.into_iter().zip(last + 1..);
        let events: Vec<ProgressEvent> =
            numbered.map(|(event, seq)| ProgressEvent { sync_id, seq, at, event }).collect();
        let is_tried = AtomicBool::new(false);
        patiently(self.patience, || async {
            match self.keep(&events, phase).await {
                // Only the holder of the claim writes: the numbers are taken by the attempt before, whose answer got lost.
                Err(SyncError::Database(error))
                    if is_tried.load(Ordering::Relaxed) && is_unique_violation(&error) =>
                {
                    Ok(())
                }
                result => {
                    is_tried.store(true, Ordering::Relaxed);
                    result
                }
            }
        })
        .await?;
        for event in &events {
            self.bus.publish(event).await;
        }
        Ok(events.last().map_or(last, |event| event.seq))
    }

    async fn keep(&self, events: &[ProgressEvent], phase: Option<&'static str>) -> Result<(), SyncError> {
        let transaction = self.db.begin_write().await?;
        let is_held = match phase {
            Some(phase) => syncs::enter_phase(&transaction, &self.claim, phase).await?,
            None => syncs::fence(&transaction, &self.claim).await?,
        };
        if !is_held {
            return Err(SyncError::ClaimLost);
        }
        let rows: Result<Vec<_>, _> = events.iter().map(|event| event.to_row(self.tenant)).collect();
        syncs::append_events(&transaction, rows?).await?;
        transaction.commit().await?;
        Ok(())
    }
}

fn is_unique_violation(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// The pause before the database is asked again.
const DATABASE_PAUSE: Duration = Duration::from_millis(200);

/// Does something again while the database is away, for as long as `patience`.
pub(super) async fn patiently<F, T>(
    patience: Duration,
    mut attempt: impl FnMut() -> F,
) -> Result<T, SyncError>
where
    F: Future<Output = Result<T, SyncError>>,
{
    let began = Instant::now();
    loop {
        match attempt().await {
            Err(SyncError::Database(error)) if is_passing(&error) && began.elapsed() < patience => {
                tracing::warn!(%error, "the database is away; trying again");
                tokio::time::sleep(DATABASE_PAUSE).await;
            }
            result => return result,
        }
    }
}

impl Progress {
    /// Starts the task that writes what follows event number `last`. It ends when the last clone of the result is dropped.
    pub(super) fn start(recorder: Recorder, context: SourceContext, last: i64) -> Self {
        let (messages, receiver) = mpsc::channel(QUEUED_EVENTS);
        let latest = Latest::default();
        tokio::spawn(write_events(recorder, context, Arc::clone(&latest), receiver, last));
        Self { latest, messages, warnings: Arc::default() }
    }

    /// Says how far a phase is. Never waits.
    pub fn update(&self, phase: &'static str, done: u64, total: Option<u64>, unit: Unit) {
        *lock(&self.latest) = Some(Said { phase, done, total, unit });
    }

    /// Tells an event.
    pub async fn tell(&self, event: Event) {
        // The receiver is gone only if its task panicked; the flush that every sync ends with tells that.
        let _ = self.messages.send(Message::of(event)).await;
    }

    /// Notes which phase runs and tells these events, all in one transaction.
    pub(super) async fn enter(&self, phase: &'static str, events: Vec<Event>) -> Kept {
        self.ask(events, Some(phase)).await
    }

    async fn ask(&self, events: Vec<Event>, phase: Option<&'static str>) -> Kept {
        let (reply, answer) = oneshot::channel();
        let _ = self.messages.send(Message { events, phase, reply: Some(reply) }).await;
        Kept(answer)
    }

    /// Warns the user. Past [`MAX_WARNINGS`] a warning is only counted.
    pub async fn warn(&self, phase: &str, code: &str, message: String) {
        if self.count_warning() {
            self.tell(Event::Warning { phase: phase.to_owned(), code: code.to_owned(), message }).await;
        }
    }

    /// Warns from where nothing can be awaited. If too much waits to be written, the warning is only counted.
    pub fn warn_now(&self, phase: &str, code: &str, message: String) {
        if self.count_warning() {
            let event = Event::Warning { phase: phase.to_owned(), code: code.to_owned(), message };
            let _ = self.messages.try_send(Message::of(event));
        }
    }

    fn count_warning(&self) -> bool {
        self.warnings.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < MAX_WARNINGS
    }

    /// Warnings given so far, told or not.
    pub fn warnings(&self) -> i64 {
        self.warnings.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// Waits until everything told is kept, and gives the number of the last event.
    ///
    /// # Errors
    /// If an event could not be kept.
    pub async fn flush(&self) -> Result<i64, SyncError> {
        self.ask(Vec::new(), None).await.wait().await
    }
}

fn lock(latest: &Latest) -> std::sync::MutexGuard<'_, Option<Said>> {
    latest.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Numbers, keeps and passes on events until nobody can tell any more.
async fn write_events(
    recorder: Recorder,
    context: SourceContext,
    latest: Latest,
    mut messages: mpsc::Receiver<Message>,
    mut seq: i64,
) {
    let mut failure = None;
    let mut tick = tokio::time::interval(PROGRESS_INTERVAL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last_progress: Option<Instant> = None;
    loop {
        let message = tokio::select! {
            message = messages.recv() => match message {
                Some(message) => Some(message),
                None => return,
            },
            _ = tick.tick() => None,
        };
        let due = last_progress.is_none_or(|last| last.elapsed() >= PROGRESS_INTERVAL);
        let mut events = Vec::new();
        // What a phase said comes before what is told next, and is dropped if it comes too soon.
        if let Some(said) = lock(&latest).take_if(|_| due || message.is_some())
            && due
        {
            events.push(progress_event(said, context.traffic()));
            last_progress = Some(Instant::now());
        }
        let (mut phase, mut reply_to) = (None, None);
        let mut next = message;
        while let Some(message) = next {
            events.extend(message.events);
            phase = message.phase.or(phase);
            reply_to = message.reply;
            let is_full = reply_to.is_some() || events.len() >= QUEUED_EVENTS;
            next = if is_full { None } else { messages.try_recv().ok() };
        }
        if failure.is_none() && !events.is_empty() {
            match recorder.record(seq, events, phase).await {
                Ok(last) => seq = last,
                Err(error) => failure = Some(error),
            }
        }
        if let Some(reply) = reply_to {
            let _ = reply.send(failure.take().map_or(Ok(seq), Err));
        }
    }
}

fn progress_event(said: Said, traffic: &Traffic) -> Event {
    let Said { phase, done, total, unit } = said;
    Event::PhaseProgress {
        phase: phase.to_owned(),
        done,
        total,
        unit,
        bytes: traffic.bytes(),
        requests: traffic.requests(),
    }
}
