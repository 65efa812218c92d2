//! The bus within one process.

use std::{collections::HashMap, sync::Mutex};

use async_trait::async_trait;
use entities::SyncId;
use futures::stream::BoxStream;
use tokio::sync::broadcast;

use super::{ProgressBus, SUBSCRIPTION_EVENTS};
use crate::{EventKind, ProgressEvent};

/// The bus within one process.
#[derive(Default, Debug)]
pub struct LocalProgressBus {
    topics: Mutex<HashMap<SyncId, broadcast::Sender<ProgressEvent>>>,
}

impl LocalProgressBus {
    /// Locks the topics. A watcher that panicked cannot have left the map half-changed.
    fn topics(&self) -> std::sync::MutexGuard<'_, HashMap<SyncId, broadcast::Sender<ProgressEvent>>> {
        self.topics.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl ProgressBus for LocalProgressBus {
    async fn publish(&self, event: &ProgressEvent) {
        let mut topics = self.topics();
        if let Some(topic) = topics.get(&event.sync_id)
            && topic.send(event.clone()).is_err()
        {
            topics.remove(&event.sync_id);
        }
        if event.event.kind() == EventKind::Terminal {
            topics.remove(&event.sync_id);
        }
    }

    async fn subscribe(&self, sync: SyncId) -> BoxStream<'static, ProgressEvent> {
        let receiver = self
            .topics()
            .entry(sync)
            .or_insert_with(|| broadcast::channel(SUBSCRIPTION_EVENTS).0)
            .subscribe();
        Box::pin(futures::stream::unfold(receiver, |mut receiver| async move {
            loop {
                match receiver.recv().await {
                    Ok(event) => return Some((event, receiver)),
                    Err(broadcast::error::RecvError::Lagged(_)) => {}
                    Err(broadcast::error::RecvError::Closed) => return None,
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

    #[tokio::test]
    async fn watchers_see_events_until_the_last_one() {
        let bus = LocalProgressBus::default();
        let sync_id = SyncId::generate();
        let event = |seq, event| ProgressEvent { sync_id, seq, at: chrono::DateTime::UNIX_EPOCH, event };
        bus.publish(&event(1, Event::PhaseStarted { phase: "scan".into(), attempt: 1 })).await;
        let watcher = bus.subscribe(sync_id).await;
        bus.publish(&event(2, Event::PhaseCompleted { phase: "scan".into(), duration_ms: 1 })).await;
        bus.publish(&event(3, Event::Cancelled {})).await;
        let seen: Vec<i64> = watcher.map(|event| event.seq).collect().await;
        assert_eq!(seen, [2, 3]);
        assert!(bus.topics().is_empty());
    }
}
