//! One turn: lanes are taken, what waits in them is published, what was taken is noted, and the lanes are given back.
//!
//! Of one project only one event is under way at a time. The broker may refuse any single message and take the next one;
//! were two of a project under way, the later one could overtake. Different projects go side by side.

use std::collections::{BTreeMap, HashSet, VecDeque};

use entities::{
    OutboxEvent, ProjectId,
    outbox::{self, Lane},
};
use metrics::counter;

use super::{
    Relay,
    error::RelayError,
    link::{Fate, Link},
    message::Message,
    settings::Unroutable,
    telemetry,
};

/// The most lanes that a relay holds at once: the others are left to others.
const MAX_LANES: usize = 16;

/// What a relay has taken for itself, and what came of it.
pub(super) struct Turn {
    pub(super) lanes: Vec<Lane>,
    events: Vec<OutboxEvent>,
    /// The places of events that are done with.
    pub(super) done: Vec<i64>,
    /// Lanes in which nothing goes on for now, so that nothing overtakes what was refused.
    pub(super) held: HashSet<i16>,
}

impl Turn {
    /// Takes lanes in which something waits. `None` if there are none.
    pub(super) async fn take(relay: &Relay) -> Result<Option<Self>, RelayError> {
        let (settings, now) = (&relay.settings, relay.clock.now());
        let transaction = relay.db.system().begin_write().await?;
        let lanes = outbox::take_lanes(&transaction, &relay.name, now, settings.lease(), MAX_LANES).await?;
        let share = (settings.batch / lanes.len().max(1)).max(1);
        let mut events = Vec::new();
        for lane in &lanes {
            events.extend(outbox::waiting(&transaction, lane.lane, share as u64).await?);
        }
        transaction.commit().await?;
        let turn = Self { lanes, events, done: Vec::new(), held: HashSet::new() };
        Ok(Some(turn).filter(|turn| !turn.lanes.is_empty()))
    }

    /// Publishes what was taken. What was done until an error is noted in either case.
    pub(super) async fn publish(&mut self, relay: &Relay, link: &Link) -> Result<(), RelayError> {
        let mut projects: BTreeMap<ProjectId, VecDeque<OutboxEvent>> = BTreeMap::new();
        for event in std::mem::take(&mut self.events) {
            projects.entry(event.project_id).or_default().push_back(event);
        }
        loop {
            let wave: Vec<OutboxEvent> = projects
                .values_mut()
                .filter(|events| events.front().is_some_and(|first| !self.held.contains(&first.lane)))
                .filter_map(VecDeque::pop_front)
                .collect();
            if wave.is_empty() {
                return Ok(());
            }
            self.publish_wave(relay, link, &wave).await?;
        }
    }

    /// Publishes one event of each project at most.
    async fn publish_wave(
        &mut self,
        relay: &Relay,
        link: &Link,
        wave: &[OutboxEvent],
    ) -> Result<(), RelayError> {
        let messages: Vec<Message> = wave.iter().map(Message::of).collect();
        let (fates, result) = link.publish(&messages).await;
        let unroutable: Vec<&OutboxEvent> = self.note(wave.iter().collect(), fates);
        result?;
        if unroutable.is_empty() {
            return Ok(());
        }
        counter!(telemetry::UNROUTABLE).increment(unroutable.len() as u64);
        let (count, example) = (unroutable.len(), &unroutable[0].kind);
        tracing::warn!(count, example, "no queue is bound for some events");
        match relay.settings.unroutable {
            Unroutable::Drop => self.done.extend(unroutable.iter().map(|event| event.id)),
            Unroutable::Wait => self.held.extend(unroutable.iter().map(|event| event.lane)),
            Unroutable::Park => {
                let messages = unroutable.iter().copied().map(Message::of).collect();
                let (fates, result) = link.park(messages).await;
                let lost = self.note(unroutable, fates);
                result?;
                if !lost.is_empty() {
                    // Somebody has removed the queue: it is declared with a new connection.
                    return Err(RelayError::NoParking);
                }
            }
        }
        Ok(())
    }

    /// Notes what the broker told, and gives back what it could not route.
    fn note<'a>(&mut self, events: Vec<&'a OutboxEvent>, fates: Vec<Option<Fate>>) -> Vec<&'a OutboxEvent> {
        let mut unroutable = Vec::new();
        let (mut taken, mut refused) = (0, 0);
        for (event, fate) in events.into_iter().zip(fates) {
            match fate {
                Some(Fate::Taken) => {
                    taken += 1;
                    self.done.push(event.id);
                }
                Some(Fate::Refused) => {
                    refused += 1;
                    self.held.insert(event.lane);
                }
                Some(Fate::Unroutable) => unroutable.push(event),
                None => {}
            }
        }
        counter!(telemetry::PUBLISHED).increment(taken);
        counter!(telemetry::NACKED).increment(refused);
        if refused > 0 {
            tracing::warn!(refused, "a queue refuses events; their projects' next ones wait");
        }
        unroutable
    }
}
