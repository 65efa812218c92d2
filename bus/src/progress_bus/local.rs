//! The bus within one process.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use entities::{ProjectId, SyncId};
use futures::stream::{self, BoxStream};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{ProgressBus, SUBSCRIPTION_EVENTS};
use crate::{EventKind, ProgressEvent};

/// The bus within one process. Keeps nothing of what nobody watches.
#[derive(Default, Debug)]
pub struct LocalProgressBus {
    syncs: Topics<SyncId, ProgressEvent>,
    projects: Topics<ProjectId, ()>,
}

/// What is watched.
type Topics<K, T> = Arc<Mutex<HashMap<K, broadcast::Sender<T>>>>;

/// Locks topics. A watcher that panicked cannot have left the map half-changed.
fn lock<K, T>(topics: &Topics<K, T>) -> MutexGuard<'_, HashMap<K, broadcast::Sender<T>>> {
    topics.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hears what is said on a topic. The last one to go takes the topic away.
struct Listener<K: Eq + Hash + Copy, T> {
    topics: Topics<K, T>,
    key: K,
    receiver: Option<broadcast::Receiver<T>>,
}

impl<K: Eq + Hash + Copy, T: Clone> Listener<K, T> {
    fn new(topics: &Topics<K, T>, key: K, capacity: usize) -> Self {
        let mut locked = lock(topics);
        let topic = locked.entry(key).or_insert_with(|| broadcast::channel(capacity).0);
        Self { topics: Arc::clone(topics), key, receiver: Some(topic.subscribe()) }
    }

    async fn hear(&mut self) -> Result<T, RecvError> {
        match &mut self.receiver {
            Some(receiver) => receiver.recv().await,
            None => Err(RecvError::Closed),
        }
    }
}

impl<K: Eq + Hash + Copy, T> Drop for Listener<K, T> {
    fn drop(&mut self) {
        let mut locked = lock(&self.topics);
        self.receiver = None;
        if locked.get(&self.key).is_some_and(|topic| topic.receiver_count() == 0) {
            locked.remove(&self.key);
        }
    }
}

#[async_trait]
impl ProgressBus for LocalProgressBus {
    async fn publish(&self, event: &ProgressEvent) {
        let mut syncs = lock(&self.syncs);
        let topic = match event.event.kind() {
            EventKind::Terminal => syncs.remove(&event.sync_id),
            EventKind::Passing => syncs.get(&event.sync_id).cloned(),
        };
        if let Some(topic) = topic {
            // Fails only if nobody listens any more.
            let _ = topic.send(event.clone());
        }
    }

    async fn subscribe(&self, sync: SyncId, after: i64) -> BoxStream<'static, ProgressEvent> {
        let listener = Listener::new(&self.syncs, sync, SUBSCRIPTION_EVENTS);
        Box::pin(stream::unfold((listener, after), |(mut listener, last)| async move {
            loop {
                match listener.hear().await {
                    // One that was overtaken is a gap like any other.
                    Ok(event) if event.seq <= last => {}
                    Ok(event) => {
                        let last = event.seq;
                        return Some((event, (listener, last)));
                    }
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        }))
    }

    async fn announce(&self, project: ProjectId) {
        if let Some(topic) = lock(&self.projects).get(&project) {
            // Fails only if nobody listens any more.
            let _ = topic.send(());
        }
    }

    async fn announcements(&self, project: ProjectId) -> BoxStream<'static, ()> {
        // One that waits to be heard says as much as many.
        let listener = Listener::new(&self.projects, project, 1);
        Box::pin(stream::unfold(listener, |mut listener| async move {
            loop {
                match listener.hear().await {
                    Ok(()) => return Some(((), listener)),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                }
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use futures::StreamExt;

    use super::*;
    use crate::Event;

    fn event(sync_id: SyncId, seq: i64, event: Event) -> ProgressEvent {
        ProgressEvent { sync_id, seq, at: chrono::DateTime::UNIX_EPOCH, event }
    }

    #[tokio::test]
    async fn watchers_see_events_until_the_last_one() {
        let bus = LocalProgressBus::default();
        let sync = SyncId::generate();
        bus.publish(&event(sync, 1, Event::PhaseStarted { phase: "scan".into(), attempt: 1 })).await;
        let watcher = bus.subscribe(sync, 0).await;
        bus.publish(&event(sync, 2, Event::PhaseCompleted { phase: "scan".into(), duration_ms: 1 })).await;
        bus.publish(&event(sync, 3, Event::Cancelled {})).await;
        let seen: Vec<i64> = watcher.map(|event| event.seq).collect().await;
        assert_eq!(seen, [2, 3]);
        assert!(lock(&bus.syncs).is_empty());
    }

    #[tokio::test]
    async fn the_last_watcher_takes_its_topic_away() {
        let bus = LocalProgressBus::default();
        let (sync, project) = (SyncId::generate(), ProjectId::generate());
        let watchers = (bus.subscribe(sync, 0).await, bus.subscribe(sync, 0).await);
        let listeners = (bus.announcements(project).await, bus.announcements(project).await);
        drop((watchers.0, listeners.0));
        assert_eq!((lock(&bus.syncs).len(), lock(&bus.projects).len()), (1, 1));
        drop((watchers.1, listeners.1));
        assert_eq!((lock(&bus.syncs).len(), lock(&bus.projects).len()), (0, 0));
    }
}
