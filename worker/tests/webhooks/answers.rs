//! Receivers that do not behave.

use entities::{
    DeliveryStatus,
    identity::audit::{self, Action},
    webhooks::{self, Redelivery, WebhookChange},
};
use testkit::{
    on_each_database,
    receiver::{Receiver, Reply},
};
use worker::webhooks::WebhookSettings;

use crate::scene::{Scene, settings};

on_each_database! {
    /// A large body, or one that does not end, keeps nobody waiting: the status has said it all.
    async fn bodies_are_not_waited_for(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.next([Reply::Huge, Reply::Endless]);
        let _sender = scene.send(settings());
        scene.tell().await;
        scene.tell().await;
        let log = scene.until(id, |log| log.iter().filter(|row| row.status == DeliveryStatus::Delivered).count() == 2).await;
        assert!(log.iter().all(|row| row.response_status == Some(200)), "{log:?}");
    }

    async fn redirects_are_not_followed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let (receiver, elsewhere) = (Receiver::start().await, Receiver::start().await);
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.usually(Reply::Redirect(elsewhere.url()));
        let sender = scene.send(settings());
        scene.tell().await;
        let row = scene.until_tried(id, 1).await.remove(0);
        assert_eq!(row.response_status, Some(302));
        assert!(row.error.unwrap().contains("redirects"));
        sender.stop().await;
        assert!(elsewhere.received().is_empty());
    }

    async fn a_receiver_that_asks_for_time_gets_it(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.next([Reply::RetryAfter(429, "600".to_owned()), Reply::RetryAfter(503, "Wed, 15 Nov 2023 00:00:00 GMT".to_owned())]);
        let _sender = scene.send(settings());
        scene.tell().await;
        let row = scene.until_tried(id, 1).await.remove(0);
        assert_eq!((row.next_at.unwrap() - scene.now()).num_seconds(), 600);
        scene.advance(600);
        let row = scene.until(id, |log| log[0].response_status == Some(503)).await.remove(0);
        assert_eq!(row.next_at.unwrap().to_rfc3339(), "2023-11-15T00:00:00+00:00");
    }

    /// Who is gone for good says so (410): nothing more is sent, and nothing is lost.
    async fn who_is_gone_is_switched_off(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let (receiver, other) = (Receiver::start().await, Receiver::start().await);
        let (id, _) = scene.webhook(&receiver.url()).await;
        let (unharmed, _) = scene.webhook(&other.url_by_name()).await;
        receiver.next([Reply::Status(500), Reply::Status(410)]);
        let sender = scene.send(settings());
        scene.tell().await;
        scene.until_tried(id, 1).await;
        let last = scene.tell().await;
        let log = scene.until(id, |log| log.iter().all(|row| row.status == DeliveryStatus::Failed)).await;
        assert_eq!(log.len(), 2, "what waited is given up with it");
        let row = scene.row(id).await;
        assert!(!row.enabled && row.disabled_reason.unwrap().contains("410"));
        let audit = audit::page(&scene.db, Some(Action::WebhookDisable), None, 10).await.unwrap();
        assert_eq!(audit.len(), 1);
        assert_eq!((audit[0].actor_kind.as_str(), audit[0].target_id.as_deref()), ("system", Some(id.to_string().as_str())));
        // Nothing is noted for it any more, and nothing can be sent again until it is on.
        scene.tell().await;
        scene.until(unharmed, |log| log.len() == 3 && log.iter().all(|row| row.status == DeliveryStatus::Delivered)).await;
        assert_eq!(scene.log(id).await.len(), 2);
        let refused = webhooks::redeliver(&scene.db, id, log[0].id, scene.now()).await.unwrap();
        assert_eq!(refused, Redelivery::SwitchedOff);
        let on = WebhookChange { enabled: Some(true), ..WebhookChange::default() };
        let row = webhooks::update(&scene.db, id, on, scene.now()).await.unwrap().unwrap();
        assert_eq!((row.enabled, row.disabled_reason), (true, None));
        webhooks::redeliver(&scene.db, id, log[0].id, scene.now()).await.unwrap();
        assert_eq!(receiver.wait_for(3).await[2].id(), last.to_string());
        sender.stop().await;
    }

    /// One that takes nothing is given up on; one delivery that is taken makes up for all before.
    async fn who_takes_nothing_is_switched_off(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.usually(Reply::Status(500));
        let _sender = scene.send(WebhookSettings { attempts: 2, disable_after: 3, ..settings() });
        let mut failures = Vec::new();
        for round in 1..=5 {
            if round == 3 {
                receiver.next([Reply::Status(200)]);
            }
            scene.tell().await;
            scene.until(id, |log| log.len() == round && log[0].took_ms.is_some()).await;
            scene.advance(60);
            scene.until(id, |log| log[0].status != DeliveryStatus::Pending).await;
            failures.push(scene.row(id).await.failures);
        }
        assert_eq!(failures, [1, 2, 0, 1, 2]);
        assert!(scene.row(id).await.enabled);
        scene.tell().await;
        scene.until(id, |log| log.len() == 6 && log[0].took_ms.is_some()).await;
        scene.advance(60);
        scene.until(id, |log| log[0].status == DeliveryStatus::Failed).await;
        let row = scene.row(id).await;
        assert!(!row.enabled && row.disabled_reason.unwrap().starts_with("3 deliveries"));
    }
}
