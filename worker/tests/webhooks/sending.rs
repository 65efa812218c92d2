//! How something is sent, and where to.

use entities::{
    DeliveryStatus,
    webhooks::{self, Redelivery},
};
use testkit::{
    on_each_database,
    receiver::{Receiver, Reply},
};

use worker::webhooks::WebhookSettings;

use crate::scene::{Scene, TRACE, settings};

on_each_database! {
    /// As Standard Webhooks and CloudEvents want it, by somebody else's reckoning.
    async fn what_is_sent_is_signed(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, secret) = scene.webhook(&receiver.url()).await;
        let _sender = scene.send(settings());
        let event = scene.tell().await;
        let log = scene.until_delivered(id).await;
        let [sent] = &receiver.received()[..] else { panic!("{:?}", receiver.received()) };
        assert_eq!(sent.id(), event.to_string());
        assert_eq!(sent.body, log[0].body);
        assert_eq!(sent.header("webhook-timestamp"), "1700000000");
        assert_eq!(sent.header("content-type"), "application/cloudevents+json; charset=utf-8");
        assert_eq!(sent.header("traceparent"), TRACE);
        assert!(sent.header("user-agent").starts_with("project-sync/"));
        assert!(sent.is_signed_with(&secret));
        assert!(!sent.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!((log[0].attempts, log[0].response_status, log[0].error.as_deref()), (1, Some(204), None));
        assert!(log[0].finished_at.is_some() && log[0].took_ms.is_some());
        // For a day both secrets sign, then the new one alone.
        let (new, _) = webhooks::rotate_secret(&scene.db, &scene.keys, id, scene.now()).await.unwrap().unwrap();
        let new = new.to_text();
        scene.tell().await;
        let both = receiver.wait_for(2).await.remove(1);
        assert!(both.is_signed_with(&secret) && both.is_signed_with(new.expose()));
        scene.advance(24 * 3_600);
        scene.tell().await;
        let own = receiver.wait_for(3).await.remove(2);
        assert!(!own.is_signed_with(&secret) && own.is_signed_with(new.expose()));
    }

    /// The same event again and again, further and further apart, until it is taken; and again when somebody wants it.
    async fn what_is_refused_is_sent_again(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let (id, _) = scene.webhook(&receiver.url()).await;
        receiver.next([Reply::Status(500), Reply::Status(404)]);
        let sender = scene.send(settings());
        let event = scene.tell().await.to_string();
        let first = scene.until_tried(id, 1).await.remove(0);
        let wait = (first.next_at.unwrap() - scene.now()).num_milliseconds();
        assert!((30_000..=60_000).contains(&wait), "{wait}");
        assert_eq!((first.status, first.response_status), (DeliveryStatus::Pending, Some(500)));
        scene.advance(60);
        let second = scene.until(id, |log| log[0].response_status == Some(404)).await.remove(0);
        let wait = (second.next_at.unwrap() - scene.now()).num_milliseconds();
        assert!((60_000..=120_000).contains(&wait), "{wait}");
        // No answer is waited for by one with little patience, who would not get any on a busy machine.
        sender.stop().await;
        receiver.next([Reply::Never]);
        let sender = scene.send(WebhookSettings { timeout_seconds: 1, ..settings() });
        scene.advance(120);
        let third = scene.until(id, |log| log[0].attempts == 3 && log[0].response_status.is_none()).await.remove(0);
        assert!(third.error.unwrap().contains("did not answer"));
        sender.stop().await;
        let sender = scene.send(settings());
        scene.advance(240);
        assert_eq!(scene.until_delivered(id).await[0].attempts, 4);
        assert_eq!(scene.row(id).await.failures, 0);
        let again = webhooks::redeliver(&scene.db, id, first.id, scene.now()).await.unwrap();
        assert!(matches!(again, Redelivery::Due(_)), "{again:?}");
        let received = receiver.wait_for(5).await;
        assert!(received.iter().all(|sent| sent.id() == event), "under one id");
        sender.stop().await;
    }

    /// Where webhooks may be is for the installation to say, and addresses are checked as they are connected to.
    async fn what_is_private_is_not_reached(db: TestDatabase) {
        let scene = Scene::new(db).await;
        let receiver = Receiver::start().await;
        let private = settings();
        let mut reach = private.reach(&Default::default());
        reach.private_networks = Some(Vec::new());
        let mut ids = Vec::new();
        for url in [receiver.url(), receiver.url_by_name(), "http://169.254.169.254/latest".to_owned(), "http://[::1]:9/".to_owned()] {
            ids.push(scene.webhook(&url).await.0);
        }
        let sender = scene.send_within(private.clone(), reach);
        scene.tell().await;
        for id in &ids {
            let row = scene.until_tried(*id, 1).await.remove(0);
            assert_eq!(row.response_status, None);
            assert!(row.error.as_deref().unwrap().contains("webhooks.private_networks"), "{:?}", row.error);
        }
        sender.stop().await;
        let mut reach = private.reach(&Default::default());
        reach.allowed_hosts = vec!["*.example.org".to_owned()];
        let sender = scene.send_within(private, reach);
        scene.advance(60);
        for id in &ids {
            scene.until(*id, |log| log[0].error.as_deref().is_some_and(|text| text.contains("allowed_hosts"))).await;
        }
        sender.stop().await;
        assert!(receiver.received().is_empty());
    }
}
