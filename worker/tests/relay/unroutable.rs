//! Events that no queue wants: counted, and not lost.

use lapin::options::{ExchangeDeleteOptions, QueueDeleteOptions};
use testkit::{on_each_database, rabbitmq};
use worker::relay::{RelaySettings, Unroutable};

use crate::scene::{Books, Client, EXCHANGE, QUEUE, Scene, settings};

const PARKED: &str = "events.unroutable";

on_each_database! {
    async fn a_queue_that_is_deleted_costs_nothing(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 5).await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "#", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        let _relay = scene.relay(settings(&url));
        let mut books = Books::default();
        scene.tell_all(4).await;
        books.until(&mut ears, 20).await;
        client.channel.queue_delete(QUEUE.into(), QueueDeleteOptions::default()).await.unwrap();
        // Nobody listens: they are parked, and the relay goes on.
        scene.tell_all(4).await;
        scene.all_published().await;
        client.queue(QUEUE, "#", &[]).await;
        // Whoever comes again reads first what was parked; all of it, before anything new.
        let mut parked = client.listen(PARKED).await;
        for _ in 0..20 {
            let heard = parked.recv().await.unwrap();
            assert_eq!(heard.headers["routingkey"].split('.').count(), 4);
            books.note(&heard);
        }
        let mut ears = client.listen(QUEUE).await;
        scene.tell_all(4).await;
        books.until(&mut ears, 60).await;
        assert_eq!(books.close(&mut ears, 60), 0);
        assert!(parked.try_recv().is_err());
    }

    async fn they_wait_in_order_where_the_settings_say_so(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 5).await;
        let _relay = scene.relay(RelaySettings { unroutable: Unroutable::Wait, ..settings(&url) });
        scene.tell_all(4).await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "#", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        let mut books = Books::default();
        books.until(&mut ears, 20).await;
        scene.all_published().await;
        assert_eq!(books.close(&mut ears, 20), 0);
    }

    async fn they_are_done_with_where_the_settings_say_so(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 5).await;
        let _relay = scene.relay(RelaySettings { unroutable: Unroutable::Drop, ..settings(&url) });
        scene.tell_all(4).await;
        scene.all_published().await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "#", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        scene.tell(scene.projects[0], 1).await;
        assert_eq!(ears.recv().await.unwrap().sequence, 5, "the four before had nowhere to go");
    }

    async fn only_what_nobody_wants_is_parked(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 6).await;
        let client = Client::connect(&url).await;
        // Nothing is written to disk for it, so it is confirmed at once, by the same word as what came back.
        client.passing_queue(QUEUE, &format!("*.*.*.{}", scene.projects[0])).await;
        let mut ears = client.listen(QUEUE).await;
        let relay = scene.relay(settings(&url));
        // All of a turn side by side: what comes back belongs to the right ones, however it was confirmed.
        scene.tell_all(20).await;
        scene.all_published().await;
        relay.stop().await;
        for sequence in 1..=20 {
            let heard = ears.recv().await.unwrap();
            assert_eq!((heard.project, heard.sequence), (scene.projects[0].to_string(), sequence));
        }
        let mut parked = client.listen(PARKED).await;
        let mut books = Books::default();
        books.until(&mut parked, 100).await;
        assert_eq!(books.close(&mut parked, 100), 0);
        assert!(ears.try_recv().is_err());
    }

    async fn an_exchange_that_is_deleted_is_declared_again(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 5).await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "#", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        let _relay = scene.relay(RelaySettings { unroutable: Unroutable::Wait, ..settings(&url) });
        let mut books = Books::default();
        scene.tell_all(4).await;
        books.until(&mut ears, 20).await;
        client.channel.exchange_delete(EXCHANGE.into(), ExchangeDeleteOptions::default()).await.unwrap();
        scene.tell_all(4).await;
        // The bindings went with the exchange: somebody binds again.
        let again = Client::connect(&url).await;
        again.queue(QUEUE, "#", &[]).await;
        books.until(&mut ears, 40).await;
        scene.all_published().await;
        books.close(&mut ears, 40);
    }
}
