//! Many projects, several relays, no faults: everything once, each project in order.

use entities::OfTenant;
use sea_orm::ConnectionTrait;
use testkit::{on_each_database, rabbitmq};

use crate::scene::{Books, Client, QUEUE, Scene, TRACE, settings};

const PROJECTS: usize = 30;
const EACH: usize = 10;

on_each_database! {
    async fn three_relays_tell_everything_once_and_in_order(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, PROJECTS).await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "project_sync.#", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        // Half is there before the relays are, the other half comes while they work.
        scene.tell_all(EACH / 2).await;
        let relays: Vec<_> = (0..3).map(|_| scene.relay(settings(&url))).collect();
        scene.tell_all(EACH / 2).await;
        let mut books = Books::default();
        books.until(&mut ears, PROJECTS * EACH).await;
        scene.all_published().await;
        for relay in relays {
            relay.stop().await;
        }
        assert_eq!(books.close(&mut ears, PROJECTS * EACH), 0, "once");
    }

    async fn an_event_is_a_cloud_event_with_its_trace(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 1).await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "project_sync.completed.*.*", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        let _relay = scene.relay(settings(&url));
        scene.tell(scene.projects[0], 1).await;
        let heard = ears.recv().await.unwrap();
        let (tenant, project) = (scene.tenant.tenant(), scene.projects[0]);
        assert_eq!(heard.routing_key, format!("project_sync.completed.{tenant}.{project}"));
        let header = |name: &str| heard.headers[name].as_str();
        assert_eq!(header("cloudEvents:specversion"), "1.0");
        assert_eq!(header("cloudEvents:id"), heard.id);
        assert_eq!(header("cloudEvents:type"), "project_sync.completed");
        assert_eq!(header("cloudEvents:source"), format!("/api/v1/projects/{project}"));
        assert_eq!(header("cloudEvents:projectid"), project.to_string());
        assert_eq!(header("cloudEvents:sequence"), "1");
        assert_eq!((header("traceparent"), header("cloudEvents:traceparent")), (TRACE, TRACE));
        // Content type is the message's own property.
        assert!(!heard.headers.contains_key("cloudEvents:datacontenttype"));
    }

    async fn a_large_backlog_of_one_project_does_not_keep_others_waiting(db: TestDatabase) {
        let url = rabbitmq::vhost().await;
        let scene = Scene::new(db, 8).await;
        let client = Client::connect(&url).await;
        client.queue(QUEUE, "#", &[]).await;
        let mut ears = client.listen(QUEUE).await;
        scene.tell(scene.projects[0], 200).await;
        for project in &scene.projects[1..] {
            scene.tell(*project, 1).await;
        }
        let _relay = scene.relay(settings(&url));
        let mut books = Books::default();
        let mut place = 0;
        let mut last_of_others = 0;
        while books.distinct() < 207 {
            let heard = ears.recv().await.unwrap();
            place += 1;
            books.note(&heard);
            if heard.project != scene.projects[0].to_string() {
                last_of_others = place;
            }
        }
        assert!(last_of_others <= 100, "the last of the others came as number {last_of_others}");
        books.close(&mut ears, 207);
    }

    async fn without_a_broker_nothing_is_published_and_the_table_stays_small(db: TestDatabase) {
        let scene = Scene::new(db, 1).await;
        scene.tell(scene.projects[0], 3).await;
        let mut none = settings("unused");
        none.amqp_url = None;
        scene.relay(none.clone()).stop().await;
        assert_eq!(scene.waiting().await, 3, "they may be wanted yet");
        let old = "UPDATE outbox SET created_at = '2001-01-01T00:00:00+00:00'";
        scene.database.connection().execute_unprepared(old).await.unwrap();
        let relay = scene.relay(none.clone());
        scene.all_published().await;
        relay.stop().await;
        // Where a relay has worked once, what it did not publish is kept, however old.
        let url = rabbitmq::vhost().await;
        let relay = scene.relay(settings(&url));
        scene.tell(scene.projects[0], 1).await;
        scene.all_published().await;
        relay.stop().await;
        scene.tell(scene.projects[0], 1).await;
        scene.database.connection().execute_unprepared(old).await.unwrap();
        scene.relay(none).stop().await;
        assert_eq!(scene.waiting().await, 1);
    }
}
