//! Messages that the broker refuses (`basic.nack`): they are tried again, and nothing overtakes them.

use std::time::Instant;

use lapin::{
    options::{BasicAckOptions, BasicGetOptions, QueuePurgeOptions},
    types::AMQPValue,
};
use testkit::{on_each_database, rabbitmq};

use crate::scene::{Books, Client, Heard, PATIENCE, QUEUE, Scene, settings};

on_each_database! {
    async fn a_full_queue_is_waited_for(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 5).await;
        let client = Client::connect(&url).await;
        // A queue that is full refuses, and the broker says so.
        let full = [
            ("x-max-length", AMQPValue::LongInt(2)),
            ("x-overflow", AMQPValue::LongString("reject-publish".into())),
        ];
        client.queue(QUEUE, "#", &full).await;
        let _relays = [scene.relay(settings(&url)), scene.relay(settings(&url))];
        scene.tell_all(6).await;
        let mut books = Books::default();
        let begin = Instant::now();
        while books.distinct() < 30 {
            assert!(begin.elapsed() < PATIENCE, "{books:?}");
            let message = client.channel.basic_get(QUEUE.into(), BasicGetOptions::default()).await.unwrap();
            let Some(message) = message else {
                tokio::task::yield_now().await;
                continue;
            };
            books.note(&Heard::of(&message.delivery));
            message.delivery.ack(BasicAckOptions::default()).await.unwrap();
        }
        scene.all_published().await;
        let left = client.channel.queue_purge(QUEUE.into(), QueuePurgeOptions::default()).await.unwrap();
        assert_eq!(left, 0);
        let (_, mut none) = tokio::sync::mpsc::unbounded_channel();
        assert_eq!(books.close(&mut none, 30), 0);
    }
}
