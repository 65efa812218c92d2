//! What is told to others: the relay beside a bare publisher to the same broker, and the sender of webhooks beside bare
//! requests to the same receiver. Ours reads rows, and notes there what was taken; the reference has all in memory.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use bus::integration;
use chrono::Utc;
use entities::{
    EventId, OutboxEvent, ProjectId, SourceSpec, TenantDb,
    keys::{KeyRing, KeyStore},
    outbox::{self, LANES, NewEvent},
    projects,
    webhooks::{self, NewWebhook, Told},
};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties, ExchangeKind,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use serde_json::json;
use source::settings::{CredentialKeys, SourceSettings};
use testkit::{
    database::{open_local, prepared},
    postgres::PrivatePostgres,
    rabbitmq::PrivateRabbit,
    receiver::Receiver,
    server::server_folder,
};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use worker::{
    clock::Clock,
    relay::{self, Relay, RelaySettings},
    webhooks::{Sender, WebhookSettings},
};

use crate::{
    Bench, RUNS,
    figures::{Figure, Unit, millis, rate, report},
};

/// How often is looked whether all is done.
const LOOK: Duration = Duration::from_millis(10);

/// Events that a project tells in one transaction before the next one does.
const AT_ONCE: usize = 10;

/// Text that an event bears besides, so that it is as long as one of a sync, in characters.
const TEXT: usize = 800;

/// Many projects tell at once; one tells much, which goes one after the other.
const RELAYED: [(usize, usize, &str); 2] =
    [(50, 100, "relay, 5,000 events of 50 projects"), (1, 500, "relay, 500 events of one project, in order")];

/// Events that wait, from the relay's start until all are noted as published.
pub fn relay(bench: &Bench) {
    let folder = server_folder().unwrap();
    let postgres = match PrivatePostgres::start(&folder.path().join("postgres")) {
        Ok(postgres) => postgres,
        Err(error) => return println!("the relay is not measured: {error}"),
    };
    let broker = match PrivateRabbit::start(&folder.path().join("rabbitmq")) {
        Ok(broker) => broker,
        Err(error) => return println!("the relay is not measured: {error}"),
    };
    let db = bench.runtime.block_on(async { open_local(&prepared(&postgres.url()).await).await });
    for (count, each, name) in RELAYED {
        let ids = bench.runtime.block_on(make_projects(&db, count));
        let (mut ours, mut reference) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let url = broker.add_vhost().unwrap();
            bench.runtime.block_on(async {
                let settings = RelaySettings { amqp_url: Some(url.clone()), ..RelaySettings::default() };
                let listening = bind(&url, &settings.exchange).await;
                tell(&db, &ids, each).await;
                let rows = waiting(&db).await;
                assert_eq!(rows.len(), count * each);
                reference.push(vec![millis(publish(&url, &settings.exchange, &rows, count == 1).await)]);
                ours.push(vec![millis(relayed(&db, settings).await)]);
                drop(listening);
            });
        }
        let figure = |runs: &[Vec<f64>]| Figure::of(runs, Unit::PerSecond, rate(count * each));
        report(name, figure(&ours), figure(&reference), "");
    }
}

async fn make_projects(db: &TenantDb, count: usize) -> Vec<ProjectId> {
    let mut ids = Vec::new();
    for number in 0..count {
        let name = format!("{number} of {count}");
        let source = SourceSpec::Git { url: format!("/{name}") };
        ids.push(projects::create(db, &name, &source, Utc::now()).await.unwrap().project.id);
    }
    ids
}

/// Writes events of these projects, by turns.
async fn tell(db: &TenantDb, ids: &[ProjectId], each: usize) {
    for _ in 0..each / AT_ONCE {
        for id in ids {
            let transaction = db.begin_write().await.unwrap();
            projects::lock_project(&transaction, *id).await.unwrap();
            for _ in 0..AT_ONCE {
                let new = NewEvent {
                    id: EventId::generate(),
                    project: *id,
                    kind: "project_sync.completed".to_owned(),
                    data: json!({ "projectId": id.to_string(), "text": "x".repeat(TEXT) }),
                    trace_parent: None,
                };
                outbox::append(&transaction, new, Utc::now()).await.unwrap();
            }
            transaction.commit().await.unwrap();
        }
    }
}

/// All that waits, as the relay would find it.
async fn waiting(db: &TenantDb) -> Vec<OutboxEvent> {
    let (system, mut rows) = (db.database().system(), Vec::new());
    for lane in 0..LANES {
        rows.extend(outbox::waiting(&system, lane, u64::from(u16::MAX)).await.unwrap());
    }
    rows
}

async fn relayed(db: &TenantDb, settings: RelaySettings) -> Duration {
    let (stop, system) = (CancellationToken::new(), db.database().system());
    let relay = Relay { db: db.database(), settings, clock: Clock::system(), name: "bench".to_owned() };
    let begin = Instant::now();
    let relaying = tokio::spawn(relay::serve(relay, stop.clone()));
    while outbox::backlog(&system).await.unwrap().waiting > 0 {
        sleep(LOOK).await;
    }
    let took = begin.elapsed();
    stop.cancel();
    relaying.await.unwrap();
    took
}

async fn connect(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}

/// Declares the exchange and a durable queue that takes all of it.
async fn bind(url: &str, exchange: &str) -> (Connection, Channel) {
    let (connection, channel) = connect(url).await;
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let none = FieldTable::default;
    channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, none()).await.unwrap();
    channel.queue_declare("all".into(), QueueDeclareOptions::durable(), none()).await.unwrap();
    let options = QueueBindOptions::default();
    channel.queue_bind("all".into(), exchange.into(), "#".into(), options, none()).await.unwrap();
    (connection, channel)
}

/// The reference: publishes the same, and waits for the broker's word on each; before the next one is sent, if `in_order`.
async fn publish(url: &str, exchange: &str, rows: &[OutboxEvent], in_order: bool) -> Duration {
    let begin = Instant::now();
    let (_connection, channel) = connect(url).await;
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let mut confirms = Vec::with_capacity(rows.len());
    for row in rows {
        let mut headers = FieldTable::default();
        for (name, value) in integration::attributes(row) {
            headers.insert(format!("cloudEvents:{name}").into(), AMQPValue::LongString(value.into()));
        }
        let properties = BasicProperties::default().with_delivery_mode(2).with_headers(headers);
        let (key, body) = (format!("{}.{}", row.kind, row.project_id), row.data.to_string());
        let (exchange, key) = (exchange.into(), key.as_str().into());
        let confirm =
            channel.basic_publish(exchange, key, options, body.as_bytes(), properties).await.unwrap();
        if in_order {
            assert!(confirm.await.unwrap().is_ack());
        } else {
            confirms.push(confirm);
        }
    }
    for confirm in confirms {
        assert!(confirm.await.unwrap().is_ack());
    }
    begin.elapsed()
}

/// Deliveries that wait for one receiver, from the sender's start until all are noted as delivered.
pub fn webhooks(bench: &Bench) {
    const EVENTS: usize = 2_000;
    let folder = server_folder().unwrap();
    let postgres = match PrivatePostgres::start(&folder.path().join("postgres")) {
        Ok(postgres) => postgres,
        Err(error) => return println!("the sender of webhooks is not measured: {error}"),
    };
    let (mut ours, mut reference) = (Vec::new(), Vec::new());
    bench.runtime.block_on(async {
        let db = open_local(&prepared(&postgres.url()).await).await;
        let keys = Arc::new(KeyStore::from_text(&KeyRing::new_line().unwrap()).unwrap());
        let project = make_projects(&db, 1).await[0];
        let receiver = Receiver::start().await;
        let new = NewWebhook { url: receiver.url(), project: None, kinds: Vec::new() };
        webhooks::create(&db, &keys, new, Utc::now()).await.unwrap();
        for run in 1..=RUNS {
            reference.push(vec![millis(post(&receiver.url(), EVENTS).await)]);
            notify(&db, project, EVENTS).await;
            ours.push(vec![millis(sent(&db, &keys).await)]);
            assert_eq!(receiver.wait_for(2 * run * EVENTS).await.len(), 2 * run * EVENTS);
        }
    });
    let figure = |runs: &[Vec<f64>]| Figure::of(runs, Unit::PerSecond, rate(EVENTS));
    let at_once = WebhookSettings::default().host_concurrency;
    report(&format!("webhooks, 2,000 deliveries, {at_once} at once"), figure(&ours), figure(&reference), "");
}

async fn notify(db: &TenantDb, project: ProjectId, events: usize) {
    let transaction = db.begin_write().await.unwrap();
    for _ in 0..events {
        let event = EventId::generate();
        let kind = "project_sync.completed".to_owned();
        let told = Told { event, project, kind, body: body(), trace_parent: None };
        assert_eq!(webhooks::notify(&transaction, &told, Utc::now()).await.unwrap(), 1);
    }
    transaction.commit().await.unwrap();
}

fn body() -> String {
    json!({ "specversion": "1.0", "data": { "text": "x".repeat(TEXT) } }).to_string()
}

async fn sent(db: &TenantDb, keys: &Arc<KeyStore>) -> Duration {
    let (settings, database) = (WebhookSettings::default(), db.database());
    let (reach, keys) = (settings.reach(&SourceSettings::default()), CredentialKeys::new(Arc::clone(keys)));
    let sender = Sender::new(database.clone(), settings, reach, keys, Clock::system()).unwrap();
    let (stop, system) = (CancellationToken::new(), database.system());
    let begin = Instant::now();
    let sending = tokio::spawn(worker::webhooks::serve(sender, stop.clone()));
    while webhooks::backlog(&system).await.unwrap().waiting > 0 {
        sleep(LOOK).await;
    }
    let took = begin.elapsed();
    stop.cancel();
    sending.await.unwrap();
    took
}

/// The reference: as many requests, as many of them at once.
async fn post(url: &str, requests: usize) -> Duration {
    let at_once = WebhookSettings::default().host_concurrency;
    let (client, begin) = (reqwest::Client::new(), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..at_once {
        let (client, url) = (client.clone(), url.to_owned());
        tasks.spawn(async move {
            for _ in 0..requests / at_once {
                let request = client.post(&url).header("content-type", "application/json").body(body());
                assert!(request.send().await.unwrap().status().is_success());
            }
        });
    }
    tasks.join_all().await;
    begin.elapsed()
}
