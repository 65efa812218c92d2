//! The topic of one project: the events of all its syncs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bus::{EventKind, SyncSnapshot};
use entities::{ProjectId, ProjectSync, SyncId, TenantDb, projects, syncs};
use futures::{StreamExt, stream, stream::BoxStream};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{Notify, mpsc},
    task::JoinSet,
    time::timeout,
};

use super::{
    CATCH_UP, Joined, OpenError, PAGE, ResetReason, Subscription, json,
    reader::{Heard, Reader},
    replay::{Part, Replay},
    told,
};
use crate::{
    frame::Frame,
    hub::{IDS_AT_ONCE, Inner},
    position::Position,
    ring::Told,
    telemetry,
    topic::Topic,
};

/// The most syncs of a project that are followed at a time. More that were asked for are followed as these end.
const MAX_FOLLOWED: usize = 1_000;

/// How many topics of syncs are opened at a time.
const OPENED_AT_ONCE: usize = 8;

/// How many events of syncs may wait to be told to the followers of their project.
const WAITING_EVENTS: usize = 64;

/// The state of a project, as far as syncs go: those that have not ended.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectSnapshot {
    /// The project.
    #[schema(value_type = uuid::Uuid)]
    pub project_id: ProjectId,
    /// Its syncs that have not ended, in the order in which they were asked for.
    pub syncs: Vec<SyncSnapshot>,
}

/// What is told of one project.
pub(crate) struct ProjectTopic {
    pub(crate) id: ProjectId,
    /// The database, in the name of the project's tenant.
    db: TenantDb,
    topic: Arc<Topic>,
    /// The ring is told to only while this is held, so that state and ring are of one moment.
    state: Mutex<State>,
    /// There are new syncs.
    nudge: Notify,
}

struct State {
    position: Position,
    /// The syncs that have not ended, by their numbers.
    syncs: BTreeMap<i64, SyncSnapshot>,
    /// The snapshot as it is sent, until the next event.
    frame: Option<Frame>,
}

impl AsRef<Topic> for ProjectTopic {
    fn as_ref(&self) -> &Topic {
        &self.topic
    }
}

/// What a topic is fed with.
pub(crate) struct Feed {
    hub: Arc<Inner>,
    asked: BoxStream<'static, ()>,
    events: mpsc::Receiver<(i64, Heard)>,
    sender: mpsc::Sender<(i64, Heard)>,
    readers: JoinSet<()>,
}

impl ProjectTopic {
    /// Reads what is known of a project and begins to follow its syncs. The second is to be given to [`Self::feed`].
    ///
    /// # Errors
    /// If there is no such project, or the database is away.
    pub(crate) async fn open(hub: &Arc<Inner>, id: ProjectId) -> Result<(Arc<Self>, Feed), OpenError> {
        let tenant = projects::tenant_of(&hub.system, id).await?.ok_or(OpenError::NotFound)?;
        let db = hub.db.tenant(tenant);
        // Listened to before the rows are read: so nothing falls between the two.
        let asked = hub.progress.announcements(id).await;
        let known = syncs::last_ordinals(&db, &[id]).await?.first().map_or(0, |(_, ordinal)| *ordinal);
        let rows = syncs::unfinished(&db, id, MAX_FOLLOWED as u64).await?;
        let is_all = rows.len() < MAX_FOLLOWED;
        let (sender, events) = mpsc::channel(WAITING_EVENTS);
        let mut feed = Feed { hub: Arc::clone(hub), asked, events, sender, readers: JoinSet::new() };
        let mut state = State { position: Position::default(), syncs: BTreeMap::new(), frame: None };
        let rows: Vec<ProjectSync> = rows.into_iter().filter(|row| row.ordinal <= known).collect();
        state.position.known = match rows.last() {
            Some(last) if !is_all => last.ordinal,
            _ => known,
        };
        let mut opened = stream::iter(rows)
            .map(|row| async move { (row.ordinal, row.id, hub.sync(row.id).await) })
            .buffered(OPENED_AT_ONCE);
        while let Some((ordinal, sync, topic)) = opened.next().await {
            match topic {
                // One that ended meanwhile is among those that were seen to their end.
                Ok(topic) if topic.last().is_none() => {}
                Ok(topic) => {
                    let (snapshot, _cursor) = topic.watch();
                    state.position.learn(ordinal, snapshot.seq);
                    feed.read(ordinal, sync, snapshot.seq);
                    state.syncs.insert(ordinal, snapshot);
                }
                Err(OpenError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        let topic = Self {
            id,
            db,
            topic: Arc::new(Topic::default()),
            state: Mutex::new(state),
            nudge: Notify::new(),
        };
        Ok((Arc::new(topic), feed))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was written leaves an event that is in the ring and not in the state, at worst.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the last sync that it knows of.
    pub(crate) fn known(&self) -> i64 {
        self.state().position.known
    }

    /// Says that there are new syncs.
    pub(crate) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// Says that nothing will follow: the project is gone.
    pub(crate) fn give_up(&self) {
        self.topic.end();
    }

    /// Tells what happens, until the project is gone.
    pub(crate) async fn feed(self: Arc<Self>, mut feed: Feed) {
        let mut is_announced = true;
        while !self.topic.is_ended() {
            tokio::select! {
                Some((ordinal, heard)) = feed.events.recv() => self.hear(ordinal, heard),
                asked = feed.asked.next(), if is_announced => match asked {
                    Some(()) => self.meet(&mut feed).await,
                    None => is_announced = false,
                },
                () = self.nudge.notified() => self.meet(&mut feed).await,
                Some(_) = feed.readers.join_next() => {}
            }
        }
    }

    /// Follows the syncs that were asked for since.
    async fn meet(&self, feed: &mut Feed) {
        loop {
            let known = self.known();
            let room = MAX_FOLLOWED.saturating_sub(self.state().syncs.len());
            if room == 0 {
                return;
            }
            let most = PAGE.min(room as u64);
            let found = match self.asked_after(known, most).await {
                Ok(found) => found,
                // It is looked again by and by.
                Err(error) => return tracing::debug!(%error, project = %self.id, "syncs cannot be read now"),
            };
            // Whoever asks for one from now on says so again.
            let is_last = (found.len() as u64) < most;
            for (row, branch) in found {
                let mut state = self.state();
                state.position.learn(row.ordinal, 0);
                state.syncs.insert(row.ordinal, SyncSnapshot::of(&row, &branch, []));
                state.frame = None;
                drop(state);
                feed.read(row.ordinal, row.id, 0);
            }
            if is_last {
                return;
            }
        }
    }

    /// The syncs that were asked for after this one, at most `most`, each with the name of its branch.
    async fn asked_after(&self, known: i64, most: u64) -> Result<Vec<(ProjectSync, String)>, DbErr> {
        let reading = self.db.begin().await?;
        let mut found = Vec::new();
        for row in syncs::asked_after(&reading, self.id, known, most).await? {
            let branch = projects::branch(&reading, row.branch_id).await?;
            found.push((row, branch.map(|branch| branch.name).unwrap_or_default()));
        }
        reading.commit().await?;
        Ok(found)
    }

    fn hear(&self, ordinal: i64, heard: Heard) {
        let mut state = self.state();
        state.frame = None;
        let event = match heard {
            Heard::Event(event) => event,
            Heard::AfterHole(event) => {
                self.tell_lost(&mut state, ordinal, event.seq - 1);
                event
            }
            Heard::Gone => {
                state.syncs.remove(&ordinal);
                state.position.open.remove(&ordinal);
                return;
            }
        };
        let is_end = event.event.kind() == EventKind::Terminal;
        if let Some(snapshot) = state.syncs.get_mut(&ordinal) {
            snapshot.apply(&event);
        }
        if is_end {
            state.syncs.remove(&ordinal);
        }
        state.position.see(ordinal, event.seq, is_end);
        match told(state.position.to_string(), event) {
            Ok(told) => self.topic.tell([told]),
            Err(error) => tracing::error!(%error, project = %self.id, "an event cannot be written"),
        }
    }

    /// Tells that events of a sync up to `seq` are lost, and the state that the next one follows on.
    fn tell_lost(&self, state: &mut State, ordinal: i64, seq: i64) {
        if let Some(snapshot) = state.syncs.get_mut(&ordinal) {
            snapshot.seq = seq;
        }
        state.position.see(ordinal, seq, false);
        let frames = ResetReason::Lost.frame().and_then(|reset| Ok([reset, self.snapshot(state)?]));
        match frames {
            Ok(frames) => self.topic.tell(frames.map(|frame| Told { id: None, frame, event: None })),
            Err(error) => tracing::error!(%error, project = %self.id, "a snapshot cannot be written"),
        }
    }

    /// The state as it is sent.
    fn snapshot(&self, state: &State) -> Result<Frame, DbErr> {
        let syncs = state.syncs.values().cloned().collect();
        let snapshot = ProjectSnapshot { project_id: self.id, syncs };
        Frame::event(Some(&state.position.to_string()), "snapshot", &snapshot).map_err(json)
    }

    /// Begins to follow: after the event that the client saw last, or from the state so far.
    ///
    /// # Errors
    /// If the database is away.
    pub(crate) async fn join(
        &self,
        hub: &Inner,
        last_event_id: Option<&str>,
        max_replay: u64,
    ) -> Result<Joined, DbErr> {
        let Some(id) = last_event_id else { return self.join_anew(None) };
        if let Some(joined) = self.join_after(id) {
            return Ok(joined);
        }
        let Ok(seen) = id.parse::<Position>() else { return self.join_anew(Some(ResetReason::UnknownId)) };
        if !self.reaches(hub, &seen).await? {
            return self.join_anew(Some(ResetReason::UnknownId));
        }
        let (place, now) = {
            let state = self.state();
            (self.topic.ring().next(), state.position.clone())
        };
        // Follows before the rows are read, so that the topic stays.
        let live = self.topic.follow(place);
        match self.missed(&seen, &now, max_replay).await? {
            Some(parts) => {
                let missed = Replay::of_project(self.db.clone(), parts, seen);
                if !missed.is_whole().await? {
                    return self.join_anew(Some(ResetReason::Lost));
                }
                metrics::counter!(telemetry::REPLAYS, "source" => "database").increment(1);
                Ok(Joined::Stream(Subscription { first: Vec::new(), missed: Some(missed), live }))
            }
            None => self.join_anew(Some(ResetReason::TooOld)),
        }
    }

    /// Waits for the moment when the topic has told what the client has seen, elsewhere. `false` if that does not come.
    async fn reaches(&self, hub: &Inner, seen: &Position) -> Result<bool, DbErr> {
        if !seen.is_ahead_of(&self.state().position) {
            return Ok(true);
        }
        if !self.may_be_seen(seen).await? {
            return Ok(false);
        }
        self.nudge();
        hub.nudge_syncs(self.state().syncs.values().map(|sync| sync.sync_id));
        let reached = async {
            loop {
                let next = self.topic.ring().next();
                if !seen.is_ahead_of(&self.state().position) {
                    return;
                }
                self.topic.passes(next).await;
            }
        };
        Ok(timeout(CATCH_UP, reached).await.is_ok())
    }

    /// Whether the database knows of everything that a client says it has seen.
    async fn may_be_seen(&self, seen: &Position) -> Result<bool, DbErr> {
        let asked = syncs::last_ordinals(&self.db, &[self.id]).await?.first().map_or(0, |(_, last)| *last);
        if seen.known > asked {
            return Ok(false);
        }
        let open: Vec<i64> = self.state().position.open.keys().copied().collect();
        let rows = syncs::by_ordinals(&self.db, self.id, &open).await?;
        let mut lasts = BTreeMap::new();
        let ids: Vec<SyncId> = rows.iter().map(|row| row.id).collect();
        for ids in ids.chunks(IDS_AT_ONCE) {
            lasts.extend(syncs::last_event_seqs(&self.db, ids).await?);
        }
        Ok(rows.iter().filter(|row| row.ordinal <= seen.known).all(|row| match seen.open.get(&row.ordinal) {
            Some(seq) => lasts.get(&row.id).is_some_and(|last| seq <= last),
            None => row.status.is_terminal(),
        }))
    }

    /// Begins to follow after an event that is in the ring, or the last one.
    fn join_after(&self, id: &str) -> Option<Joined> {
        let state = self.state();
        let ring = self.topic.ring();
        let at_end = || (state.position.to_string() == id).then(|| ring.next());
        let place = ring.after(id).or_else(at_end)?;
        metrics::counter!(telemetry::REPLAYS, "source" => "memory").increment(1);
        let live = self.topic.follow(place);
        Some(Joined::Stream(Subscription { first: Vec::new(), missed: None, live }))
    }

    /// What happened between two positions. None if that is more than is replayed.
    async fn missed(
        &self,
        seen: &Position,
        now: &Position,
        max_replay: u64,
    ) -> Result<Option<Vec<Part>>, DbErr> {
        let max = i64::try_from(max_replay).unwrap_or(i64::MAX);
        // Every sync has an event at least.
        if now.known - seen.known > max {
            return Ok(None);
        }
        let open: Vec<i64> = seen.open.keys().copied().collect();
        let mut rows = syncs::by_ordinals(&self.db, self.id, &open).await?;
        let mut asked_since =
            syncs::asked_after(&self.db, self.id, seen.known, max_replay.saturating_add(1)).await?;
        asked_since.retain(|row| row.ordinal <= now.known);
        rows.append(&mut asked_since);
        let mut lasts = BTreeMap::new();
        let ids: Vec<SyncId> = rows.iter().map(|row| row.id).collect();
        for ids in ids.chunks(IDS_AT_ONCE) {
            lasts.extend(syncs::last_event_seqs(&self.db, ids).await?);
        }
        let mut total = 0;
        let mut parts = Vec::with_capacity(rows.len());
        for row in rows {
            let last = lasts.get(&row.id).copied().unwrap_or(0);
            // What was told of one that is open is told from the ring on; one that is not open has ended.
            let until = now.open.get(&row.ordinal).copied().unwrap_or(last);
            let after = seen.open.get(&row.ordinal).copied().unwrap_or(0);
            total += (until - after).max(0);
            parts.push(Part { sync: row.id, ordinal: row.ordinal, after, until });
        }
        Ok((total <= max).then_some(parts))
    }

    /// Begins to follow from the state so far.
    fn join_anew(&self, reset: Option<ResetReason>) -> Result<Joined, DbErr> {
        let mut first = Vec::with_capacity(2);
        if let Some(reason) = reset {
            first.push(reason.frame()?);
        }
        let mut state = self.state();
        let frame = match &state.frame {
            Some(frame) => frame.clone(),
            None => self.snapshot(&state)?,
        };
        state.frame = Some(frame.clone());
        first.push(frame);
        let live = self.topic.follow(self.topic.ring().next());
        Ok(Joined::Stream(Subscription { first, missed: None, live }))
    }
}

impl Feed {
    /// Reads the events of a sync after number `after`, to its end.
    fn read(&mut self, ordinal: i64, sync: SyncId, after: i64) {
        let reader =
            Reader { hub: Arc::clone(&self.hub), ordinal, sync, last: after, sender: self.sender.clone() };
        self.readers.spawn(reader.run());
    }
}
