//! Several senders, senders that die, and receivers that are slow.

use std::collections::{BTreeMap, BTreeSet};

use entities::DeliveryStatus;
use testkit::{
    on_each_database,
    receiver::{Receiver, Reply},
};
use worker::webhooks::WebhookSettings;

use crate::scene::{Scene, settings};

/// How many senders there are, and how much they send.
const SENDERS: usize = 4;
const EVENTS: usize = 25;
const WEBHOOKS: usize = 3;

on_each_database! {
    /// Without faults each event is sent once, whoever sends.
    async fn many_senders_send_each_once(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let mut ids = Vec::new();
        for _ in 0..WEBHOOKS {
            ids.push(scene.webhook(&receiver.url()).await.0);
        }
        // Leases that hold however far the clock is put ahead before a busy machine has noted what was sent.
        let patient = || WebhookSettings { timeout_seconds: 24 * 3_600, ..settings() };
        let senders: Vec<_> = (0..SENDERS).map(|_| scene.send(patient())).collect();
        let mut told = BTreeSet::new();
        for _ in 0..EVENTS {
            told.insert(scene.tell().await.to_string());
            // What is held back for a second is so by the clock.
            scene.advance(1);
        }
        for id in &ids {
            let looking = scene.until(*id, |log| {
                scene.advance(1);
                log.len() == EVENTS && log.iter().all(|row| row.status == DeliveryStatus::Delivered)
            });
            looking.await;
        }
        for sender in senders {
            sender.stop().await;
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for sent in receiver.received() {
            *counts.entry(sent.id()).or_default() += 1;
        }
        assert_eq!(counts.keys().cloned().collect::<BTreeSet<_>>(), told);
        assert!(counts.values().all(|count| *count == WEBHOOKS), "{counts:?}");
    }

    /// What was sent and not noted is sent again, under its id: receivers tell by it.
    async fn what_a_dead_sender_held_is_sent_again(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.next([Reply::Never]);
        let dying = scene.send(settings());
        let event = scene.tell().await.to_string();
        receiver.wait_for(1).await;
        drop(dying);
        let _sender = scene.send(settings());
        // Not before its lease ends: the dead one's patience of 10 seconds and a margin.
        scene.advance(39);
        let other = Receiver::start().await;
        scene.webhook(&other.url_by_name()).await;
        scene.tell().await;
        other.wait_for(1).await;
        assert!(receiver.received().iter().filter(|sent| sent.id() == event).count() == 1);
        scene.advance(2);
        scene.until_delivered(id).await;
        let again: Vec<_> = receiver.received().into_iter().filter(|sent| sent.id() == event).collect();
        assert_eq!(again.len(), 2);
        assert_eq!(again[0].body, again[1].body);
        let row = scene.log(id).await.pop().unwrap();
        assert_eq!(row.attempts, 2, "the attempt that nobody noted counts");
    }

    /// One that does not answer delays itself alone.
    async fn a_slow_receiver_delays_no_other(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        let (held, _) = scene.webhook(&slow.url()).await;
        slow.usually(Reply::Never);
        for _ in 0..40 {
            scene.tell().await;
        }
        let (id, _) = scene.webhook(&quick.url_by_name()).await;
        let _sender = scene.send(WebhookSettings { concurrency: 6, tenant_concurrency: 6, timeout_seconds: 50, ..settings() });
        slow.wait_for(4).await;
        for round in 1..=5 {
            scene.tell().await;
            quick.wait_for(round).await;
        }
        scene.until(id, |log| log.len() == 5 && log.iter().all(|row| row.status == DeliveryStatus::Delivered)).await;
        assert_eq!(slow.received().len(), 4, "no more at a time than host_concurrency");
        assert!(scene.log(held).await.iter().all(|row| row.status == DeliveryStatus::Pending));
    }

    /// Webhooks at one host have its places together, whoever they are of.
    async fn a_host_has_no_more_than_its_places(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        receiver.usually(Reply::Never);
        let mut ids = Vec::new();
        for _ in 0..WEBHOOKS {
            ids.push(scene.webhook(&receiver.url()).await.0);
        }
        scene.tell().await;
        scene.tell().await;
        let _sender = scene.send(WebhookSettings { host_concurrency: 2, timeout_seconds: 50, ..settings() });
        receiver.wait_for(2).await;
        // All others were taken, found no place, and are held back for a second. The clock stands.
        let held_back = async || {
            let mut held = 0;
            for id in &ids {
                let log = scene.log(*id).await;
                held += log.iter().filter(|row| row.attempts == 0 && row.next_at > Some(scene.now())).count();
            }
            held
        };
        scene.until_so(async || held_back().await == 2 * WEBHOOKS - 2).await;
        assert_eq!(receiver.received().len(), 2);
    }

    /// Whoever has much to be sent does not take all places.
    async fn a_tenant_has_no_more_than_its_places(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let other = scene.of_another_tenant().await;
        let (slow, quick) = (Receiver::start().await, Receiver::start().await);
        slow.usually(Reply::Never);
        scene.webhook(&slow.url()).await;
        for _ in 0..20 {
            scene.tell().await;
        }
        other.webhook(&quick.url_by_name()).await;
        let limits = WebhookSettings { concurrency: 10, tenant_concurrency: 3, host_concurrency: 10, ..settings() };
        let _sender = scene.send(WebhookSettings { timeout_seconds: 50, ..limits });
        slow.wait_for(3).await;
        for round in 1..=5 {
            other.tell().await;
            quick.wait_for(round).await;
        }
        assert_eq!(slow.received().len(), 3);
    }

    /// What is on its way when the process is to end may end; what waits is left to others.
    async fn a_sender_ends_in_order(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.next([Reply::Held]);
        let sender = scene.send(WebhookSettings { timeout_seconds: 60, host_concurrency: 1, ..settings() });
        scene.tell().await;
        receiver.wait_for(1).await;
        scene.tell().await;
        sender.begin_to_stop();
        receiver.release();
        sender.stop().await;
        let log = scene.log(id).await;
        assert_eq!((log[1].attempts, log[1].status), (1, DeliveryStatus::Delivered));
        assert_eq!((log[0].attempts, log[0].status), (0, DeliveryStatus::Pending));
    }
}
