//! The example consumer, run as it stands: nothing is missed, nothing is handled twice, order holds.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use testkit::{on_each_database, rabbitmq};
use tokio::sync::mpsc;
use worker::relay::{RelaySettings, Unroutable};

use crate::scene::{EXCHANGE, Scene, settings};

#[path = "../../examples/consumer.rs"]
#[expect(dead_code, reason = "its main is for people")]
mod example;

use example::{Event, Handle, Subscription, follow};

/// Cannot handle every third event at first.
#[derive(Clone)]
struct Reluctant {
    handled: mpsc::UnboundedSender<Event>,
    tries: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Handle for Reluctant {
    async fn handle(&mut self, event: &Event) -> Result<(), String> {
        let mut tries = self.tries.lock().unwrap();
        let tried = tries.entry(event.id.clone()).or_default();
        *tried += 1;
        if event.sequence.is_multiple_of(3) && *tried == 1 {
            return Err("not now".to_owned());
        }
        self.handled.send(event.clone()).map_err(|error| error.to_string())
    }
}

on_each_database! {
    async fn what_it_handles_is_everything_once_and_in_order(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 5).await;
        let folder = tempfile::tempdir().unwrap();
        let subscription = Arc::new(Subscription {
            url: url.clone(),
            exchange: EXCHANGE.to_owned(),
            queue: "mine".to_owned(),
            binding: "project_sync.#".to_owned(),
            seen: folder.path().join("seen.json"),
        });
        let (handled, mut events) = mpsc::unbounded_channel();
        let handler = Reluctant { handled, tries: Arc::default() };
        let start = || {
            let (subscription, handler) = (Arc::clone(&subscription), handler.clone());
            tokio::spawn(async move { follow(&subscription, handler).await })
        };
        // Two run, of which one stands by.
        let (first, second) = (start(), start());
        // Whoever comes first: what is told before the queue is there waits for it.
        let _relay = scene.relay(RelaySettings { unroutable: Unroutable::Wait, ..settings(&url) });
        scene.tell_all(3).await;
        let mut latest = BTreeMap::<String, u64>::new();
        let mut next = async || {
            let event: Event = events.recv().await.unwrap();
            let before = latest.insert(event.project.clone(), event.sequence).unwrap_or_default();
            assert_eq!(event.sequence, before + 1, "{event:?}");
        };
        for _ in 0..15 {
            next().await;
        }
        first.abort();
        scene.tell_all(3).await;
        for _ in 0..15 {
            next().await;
        }
        second.abort();
    }
}
