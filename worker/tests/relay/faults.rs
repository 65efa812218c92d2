//! A broker that stops, stands still, blocks, or closes connections; a database that is away.

use std::time::Duration;

use tempfile::TempDir;
use testkit::{
    database::{TestDatabase, prepared},
    on_each_database,
    postgres::PrivatePostgres,
    rabbitmq::PrivateRabbit,
    server::server_folder,
};
use tokio::sync::mpsc;

use crate::scene::{Books, Client, Heard, QUEUE, Scene, alert};

const PROJECTS: usize = 10;

/// Longer than a heartbeat may be missed, and than a confirmation may take.
const TOO_LONG: Duration = Duration::from_secs(4);

/// A broker of a test's own, with a queue.
struct Broker {
    server: PrivateRabbit,
    url: String,
    _folder: TempDir,
}

impl Broker {
    async fn start() -> Self {
        let folder = server_folder().unwrap();
        let server = PrivateRabbit::start(&folder.path().join("rabbitmq")).unwrap();
        let url = server.add_vhost().unwrap();
        let broker = Self { server, url, _folder: folder };
        Client::connect(&broker.url).await.queue(QUEUE, "#", &[]).await;
        broker
    }

    async fn listen(&self) -> (Client, mpsc::UnboundedReceiver<Heard>) {
        let client = Client::connect(&self.url).await;
        let ears = client.listen(QUEUE).await;
        (client, ears)
    }
}

on_each_database! {
    /// Everything that happens to a broker happens, one after the other, while events are written; and all arrive.
    async fn whatever_happens_to_the_broker_nothing_is_lost_or_overtaken(db: TestDatabase) {
        let mut broker = Broker::start().await;
        let scene = Scene::new(db, PROJECTS).await;
        let relays = [scene.relay(alert(&broker.url)), scene.relay(alert(&broker.url))];
        let mut told = 0;
        let mut tell = async |each| {
            scene.tell_all(each).await;
            told += each * PROJECTS;
        };
        tell(5).await;
        scene.all_published().await;

        // Stopped in order, with events under way; back.
        tell(5).await;
        broker.server.stop();
        tell(5).await;
        assert!(scene.waiting().await >= 50);
        broker.server.start_again().unwrap();
        scene.all_published().await;

        // Killed.
        tell(5).await;
        broker.server.kill();
        tell(2).await;
        broker.server.start_again().unwrap();
        scene.all_published().await;

        // Stands still for longer than its heartbeat may be missed.
        broker.server.freeze();
        tell(5).await;
        tokio::time::sleep(TOO_LONG).await;
        assert!(scene.waiting().await > 0);
        broker.server.thaw();
        scene.all_published().await;

        // Blocks whoever publishes, for longer than a confirmation may take; writing events goes on all the same.
        broker.server.raise_alarm().unwrap();
        tell(5).await;
        tokio::time::sleep(TOO_LONG).await;
        assert_eq!(scene.waiting().await, 50);
        broker.server.clear_alarm().unwrap();
        scene.all_published().await;

        // Closes all connections while events go out.
        tell(5).await;
        broker.server.close_connections().unwrap();
        tell(5).await;
        scene.all_published().await;

        for relay in relays {
            relay.stop().await;
        }
        let (_client, mut ears) = broker.listen().await;
        let mut books = Books::default();
        books.until(&mut ears, told).await;
        books.close(&mut ears, told);
    }
}

/// A database that goes away under the relay and comes back.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_waited_for() {
    let folder = server_folder().unwrap();
    let mut server = PrivatePostgres::start(&folder.path().join("postgres")).unwrap();
    let url = prepared(&server.url()).await;
    let scene = Scene::new(TestDatabase::existing(&url, &server.url()).await, PROJECTS).await;
    let broker = Broker::start().await;
    let (_client, mut ears) = broker.listen().await;
    let relay = scene.relay(alert(&broker.url));
    let mut books = Books::default();
    for round in 1..=3 {
        scene.tell_all(4).await;
        server.kill();
        server.start_again().unwrap();
        books.until(&mut ears, 4 * PROJECTS * round).await;
    }
    scene.all_published().await;
    relay.stop().await;
    books.close(&mut ears, 12 * PROJECTS);
}

on_each_database! {
    /// A relay that goes away with its lanes is followed by another one when its leases end.
    async fn a_relay_that_dies_is_replaced(db: TestDatabase) {
        let broker = Broker::start().await;
        let scene = Scene::new(db, PROJECTS).await;
        let (_client, mut ears) = broker.listen().await;
        let mut books = Books::default();
        let mut told = 0;
        for _ in 0..10 {
            let relay = scene.relay(alert(&broker.url));
            scene.tell_all(2).await;
            told += 2 * PROJECTS;
            // Wherever it is: taking, publishing, noting.
            drop(relay);
        }
        let relay = scene.relay(alert(&broker.url));
        books.until(&mut ears, told).await;
        scene.all_published().await;
        relay.stop().await;
        books.close(&mut ears, told);
    }
}
