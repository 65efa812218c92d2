//! The topic of one sync.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bus::{EventKind, ProgressBus, ProgressEvent, SyncSnapshot};
use entities::{Database, ProjectSync, SyncId, TenantDb, projects, syncs};
use futures::{StreamExt, stream::BoxStream};
use sea_orm::DbErr;
use tokio::{sync::Notify, time::timeout};

use super::{
    CATCH_UP, Joined, OpenError, PAGE, ResetReason, Subscription, json, parsed, replay::Replay, told,
};
use crate::{
    frame::Frame,
    position::number,
    ring::{RING_EVENTS, Told},
    telemetry,
    topic::Topic,
};

/// What is told of one sync.
pub(crate) struct SyncTopic {
    pub(crate) id: SyncId,
    /// The database, in the name of the sync's tenant.
    pub(crate) db: TenantDb,
    topic: Arc<Topic>,
    /// The ring is told to only while this is held, so that state and ring are of one moment.
    state: Mutex<State>,
    /// The database has more.
    nudge: Notify,
}

struct State {
    /// The number of the last event that was told or, being of no known kind, passed over.
    last: i64,
    /// What the events up to there come to.
    snapshot: SyncSnapshot,
    /// The same before the terminal event, once that was told.
    before_end: Option<SyncSnapshot>,
    /// The snapshot as it is sent, until the next event.
    frame: Option<Frame>,
}

impl AsRef<Topic> for SyncTopic {
    fn as_ref(&self) -> &Topic {
        &self.topic
    }
}

/// The events of a sync as they happen.
pub(crate) type Live = BoxStream<'static, ProgressEvent>;

impl SyncTopic {
    /// Reads what is known of a sync. The second is to be given to [`Self::feed`]; there is nothing to feed a sync with
    /// that has ended.
    ///
    /// # Errors
    /// If there is no such sync, or the database is away.
    pub(crate) async fn open(
        database: &Database,
        progress: &dyn ProgressBus,
        id: SyncId,
    ) -> Result<(Arc<Self>, Option<Live>), OpenError> {
        let row = syncs::get(&database.system(), id).await?.ok_or(OpenError::NotFound)?;
        let db = database.tenant(row.tenant_id);
        let reading = db.begin().await?;
        let branch = projects::branch(&reading, row.branch_id).await?.ok_or(OpenError::NotFound)?;
        let last = match row.status.is_terminal() {
            true => None,
            false => Some(syncs::last_event_seq(&reading, id).await?),
        };
        reading.commit().await?;
        // Listened to before the events are read: so nothing falls between the two.
        let live = match last {
            Some(last) => Some(progress.subscribe(id, last).await),
            None => None,
        };
        let topic = Self::read(db, &row, &branch.name).await?;
        Ok((Arc::new(topic), live))
    }

    async fn read(db: TenantDb, row: &ProjectSync, branch: &str) -> Result<Self, DbErr> {
        let reading = db.begin().await?;
        let milestones = syncs::milestones(&reading, row.id, None).await?;
        let last = milestones.last().map_or(0, |event| event.seq);
        let milestones: Vec<ProgressEvent> = milestones.into_iter().filter_map(parsed).collect();
        let before_end = SyncSnapshot::of(row, branch, milestones.iter().filter(|event| !is_terminal(event)));
        let end = milestones.iter().find(|event| is_terminal(event));
        let (mut before_end, mut snapshot) = (before_end.clone(), before_end);
        if let Some(end) = end {
            // What is missing before the end is not to come any more.
            before_end.seq = end.seq - 1;
            snapshot.apply(end);
        }
        let before_end = end.map(|_| before_end);
        let topic = Arc::new(Topic::default());
        let before_ring = (last - RING_EVENTS as i64).max(0);
        let mut recent = syncs::events(&reading, row.id, before_ring, RING_EVENTS as u64).await?;
        reading.commit().await?;
        recent.retain(|event| event.seq <= last);
        // Nobody is to be led over a hole: what is before it is not told from here.
        let hole = recent.windows(2).rposition(|pair| pair[1].seq != pair[0].seq + 1);
        let whole = recent.split_off(hole.map_or(0, |before| before + 1));
        let recent = whole.into_iter().filter_map(parsed);
        topic.tell(recent.map(told_of_sync).collect::<Result<Vec<Told>, DbErr>>()?);
        if row.status.is_terminal() || end.is_some() {
            topic.end();
        }
        let state = State { last, snapshot, before_end, frame: None };
        Ok(Self { id: row.id, db, topic, state: Mutex::new(state), nudge: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was written leaves an event that is in the ring and not in the state, at worst.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last event; none if nothing will follow it.
    pub(crate) fn last(&self) -> Option<i64> {
        (!self.topic.is_ended()).then(|| self.state().last)
    }

    /// Says that the database has more.
    pub(crate) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Says that nothing will follow: the sync is gone.
    pub(crate) fn give_up(&self) {
        self.topic.end();
    }

    /// Tells what happens, until the end of the sync.
    pub(crate) async fn feed(self: Arc<Self>, mut live: Live) {
        let mut is_live = true;
        while !self.topic.is_ended() {
            tokio::select! {
                heard = live.next(), if is_live => match heard {
                    Some(event) => self.hear(event).await,
                    None => is_live = false,
                },
                () = self.nudge.notified() => {
                    if let Err(error) = self.catch_up().await {
                        tracing::debug!(%error, sync = %self.id, "events cannot be read now");
                    }
                }
            }
        }
    }

    /// Tells an event that was heard, and before it those that were not.
    async fn hear(&self, event: ProgressEvent) {
        let last = self.state().last;
        if event.seq <= last {
            return;
        }
        telemetry::lag(&event);
        if event.seq == last + 1 {
            return self.tell(event);
        }
        metrics::counter!(telemetry::HOLES).increment(1);
        match self.catch_up().await {
            Ok(()) => self.tell(event),
            // The database is looked at again by and by, and has this one, too.
            Err(error) => tracing::debug!(%error, sync = %self.id, "events cannot be read now"),
        }
    }

    /// Tells what the database has and was not told yet.
    async fn catch_up(&self) -> Result<(), DbErr> {
        loop {
            let after = self.state().last;
            let page = syncs::events(&self.db, self.id, after, PAGE).await?;
            let is_last = (page.len() as u64) < PAGE;
            for row in page {
                let seq = row.seq;
                match parsed(row) {
                    Some(event) => self.tell(event),
                    None => self.state().last = seq,
                }
            }
            if is_last || self.topic.is_ended() {
                return Ok(());
            }
        }
    }

    /// Tells an event; one that is no news is dropped. Events between it and the last one that was told are kept nowhere
    /// any more: then it follows on the state, which all who follow take for theirs.
    fn tell(&self, event: ProgressEvent) {
        let is_end = is_terminal(&event);
        let mut state = self.state();
        if event.seq <= state.last || self.topic.is_ended() {
            return;
        }
        let event = Arc::new(event);
        let is_hole = event.seq > state.last + 1;
        if is_hole {
            tracing::warn!(sync = %self.id, seq = event.seq, "events before this one are lost");
            state.snapshot.seq = event.seq - 1;
        }
        let mut all = Vec::with_capacity(3);
        let told = is_hole.then(|| lost(&state.snapshot)).transpose().and_then(|lost| {
            all.extend(lost.into_iter().flatten());
            all.push(told_of_sync_shared(Arc::clone(&event))?);
            Ok(all)
        });
        match told {
            Ok(told) => self.topic.tell(told),
            Err(error) => tracing::error!(%error, sync = %self.id, "an event cannot be written"),
        }
        if is_end {
            state.before_end = Some(state.snapshot.clone());
        }
        state.snapshot.apply(&event);
        state.last = event.seq;
        state.frame = None;
        drop(state);
        if is_end {
            self.topic.end();
        }
    }

    /// Begins to follow: after the event that the client saw last, or from the state so far.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn join(&self, last_event_id: Option<&str>, max_replay: u64) -> Result<Joined, DbErr> {
        let Some(id) = last_event_id else { return self.join_anew(None) };
        let Ok(seen) = number(id) else { return self.join_anew(Some(ResetReason::UnknownId)) };
        if self.last().is_some_and(|last| seen > last) {
            if seen > syncs::last_event_seq(&self.db, self.id).await? {
                return self.join_anew(Some(ResetReason::UnknownId));
            }
            // Another process told it a moment before it got here.
            self.nudge();
            let _ = timeout(CATCH_UP, self.reaches(seen)).await;
        }
        let Some(joined) = self.join_after(id, seen, max_replay) else {
            return self.join_anew(Some(ResetReason::TooOld));
        };
        if let Joined::Stream(Subscription { missed: Some(missed), .. }) = &joined
            && !missed.is_whole().await?
        {
            return self.join_anew(Some(ResetReason::Lost));
        }
        Ok(joined)
    }

    /// Waits until this event was told, or nothing follows.
    async fn reaches(&self, seq: i64) {
        loop {
            let next = self.topic.ring().next();
            if self.last().is_none_or(|last| last >= seq) {
                return;
            }
            self.topic.passes(next).await;
        }
    }

    /// Begins to follow after an event, if that can be done.
    fn join_after(&self, id: &str, seen: i64, max_replay: u64) -> Option<Joined> {
        let state = self.state();
        let ring = self.topic.ring();
        if self.topic.is_ended() && seen >= state.last {
            return Some(Joined::Over);
        }
        if seen > state.last {
            return None;
        }
        if let Some(place) = ring.after(id).or_else(|| (seen == state.last).then(|| ring.next())) {
            drop(ring);
            metrics::counter!(telemetry::REPLAYS, "source" => "memory").increment(1);
            let live = self.topic.follow(place);
            return Some(Joined::Stream(Subscription { first: Vec::new(), missed: None, live }));
        }
        if state.last - seen > i64::try_from(max_replay).unwrap_or(i64::MAX) {
            return None;
        }
        let live = self.topic.follow(ring.next());
        metrics::counter!(telemetry::REPLAYS, "source" => "database").increment(1);
        let missed = Replay::of_sync(self.db.clone(), self.id, seen, state.last);
        Some(Joined::Stream(Subscription { first: Vec::new(), missed: Some(missed), live }))
    }

    /// Begins to follow from the state so far. The terminal event always comes as such.
    fn join_anew(&self, reset: Option<ResetReason>) -> Result<Joined, DbErr> {
        let mut first = Vec::with_capacity(2);
        if let Some(reason) = reset {
            first.push(reason.frame()?);
        }
        let mut state = self.state();
        let next = self.topic.ring().next();
        if let Some(before_end) = &state.before_end {
            first.push(snapshot_frame(before_end)?);
            // The last one in the ring is the end.
            let live = self.topic.follow(next.saturating_sub(1));
            return Ok(Joined::Stream(Subscription { first, missed: None, live }));
        }
        let frame = match &state.frame {
            Some(frame) => frame.clone(),
            None => snapshot_frame(&state.snapshot)?,
        };
        state.frame = Some(frame.clone());
        first.push(frame);
        Ok(Joined::Stream(Subscription { first, missed: None, live: self.topic.follow(next) }))
    }

    /// The state so far with a cursor to what follows.
    pub(crate) fn watch(&self) -> (SyncSnapshot, crate::topic::Cursor) {
        let state = self.state();
        (state.snapshot.clone(), self.topic.follow(self.topic.ring().next()))
    }

    /// A cursor to the events after number `seq`, if they are still in the ring.
    pub(crate) fn after(&self, seq: i64) -> Option<crate::topic::Cursor> {
        let state = self.state();
        let ring = self.topic.ring();
        let place = if seq == state.last { Some(ring.next()) } else { ring.after(&seq.to_string()) };
        let from_first = || {
            let oldest = ring.oldest()?.event.as_ref()?.seq;
            (oldest == seq + 1).then(|| ring.first())
        };
        place.or_else(from_first).map(|place| self.topic.follow(place))
    }
}

fn is_terminal(event: &ProgressEvent) -> bool {
    event.event.kind() == EventKind::Terminal
}

/// What tells that events are lost, and the state that the next one follows on.
fn lost(snapshot: &SyncSnapshot) -> Result<[Told; 2], DbErr> {
    let frames = [ResetReason::Lost.frame()?, snapshot_frame(snapshot)?];
    Ok(frames.map(|frame| Told { id: None, frame, event: None }))
}

fn snapshot_frame(snapshot: &SyncSnapshot) -> Result<Frame, DbErr> {
    Frame::event(Some(&snapshot.seq.to_string()), "snapshot", snapshot).map_err(json)
}

fn told_of_sync(event: ProgressEvent) -> Result<Told, DbErr> {
    told_of_sync_shared(Arc::new(event))
}

fn told_of_sync_shared(event: Arc<ProgressEvent>) -> Result<Told, DbErr> {
    told(event.seq.to_string(), event)
}
