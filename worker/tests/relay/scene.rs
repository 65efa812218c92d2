//! A database with projects, a broker, relays, and one who listens and keeps the books.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use chrono::Utc;
use entities::{
    EventId, ProjectId, SourceSpec, TenantDb,
    outbox::{self, NewEvent},
    projects,
};
use futures::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, ExchangeKind,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use serde_json::json;
use testkit::database::{TestDatabase, local_tenant};
use tokio::{sync::mpsc, task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::{
    clock::Clock,
    relay::{self, Relay, RelaySettings},
};

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// How often the database is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// The exchange and the queue of all tests; each has a virtual host of its own.
pub const EXCHANGE: &str = "events";
pub const QUEUE: &str = "all";

/// The trace of every event.
pub const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Settings under which nothing waits long, and a machine that is busy elsewhere for a while is not taken for a fault:
/// leases and heartbeats are those of production.
pub fn settings(url: &str) -> RelaySettings {
    RelaySettings {
        amqp_url: Some(url.to_owned()),
        exchange: EXCHANGE.to_owned(),
        poll_ms: 20,
        retry_first_delay_ms: 20,
        retry_max_delay_seconds: 1,
        ..RelaySettings::default()
    }
}

/// Settings under which a fault is soon noticed.
pub fn alert(url: &str) -> RelaySettings {
    RelaySettings { heartbeat_seconds: 1, confirm_timeout_seconds: 3, lease_seconds: 2, ..settings(url) }
}

/// A relay that runs. Dropping it aborts it where it is.
pub struct Running {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets it end in order.
    pub async fn stop(mut self) {
        self.stop.cancel();
        timeout(PATIENCE, &mut self.task).await.expect("the relay stops").unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A database with projects.
pub struct Scene {
    pub tenant: TenantDb,
    pub projects: Vec<ProjectId>,
    pub database: TestDatabase,
}

impl Scene {
    pub async fn new(database: TestDatabase, projects: usize) -> Self {
        let tenant = local_tenant(database.database()).await;
        let mut ids = Vec::new();
        for number in 0..projects {
            let name = format!("project-{number}");
            let source = SourceSpec::Git { url: format!("/{name}") };
            ids.push(projects::create(&tenant, &name, &source, Utc::now()).await.unwrap().project.id);
        }
        Self { tenant, projects: ids, database }
    }

    /// Writes events of a project, each in a transaction of its own, as the end of a sync does.
    pub async fn tell(&self, project: ProjectId, count: usize) {
        for _ in 0..count {
            let transaction = self.tenant.begin_write().await.unwrap();
            projects::lock_project(&transaction, project).await.unwrap();
            let new = NewEvent {
                id: EventId::generate(),
                project,
                kind: "project_sync.completed".to_owned(),
                data: json!({ "projectId": project.to_string(), "branch": "main" }),
                trace_parent: Some(TRACE.to_owned()),
            };
            outbox::append(&transaction, new, Utc::now()).await.unwrap();
            transaction.commit().await.unwrap();
        }
        bus::integration::tell_written();
    }

    /// Writes events of all projects, by turns.
    pub async fn tell_all(&self, each: usize) {
        for _ in 0..each {
            for project in &self.projects {
                self.tell(*project, 1).await;
            }
        }
    }

    pub fn relay(&self, settings: RelaySettings) -> Running {
        let stop = CancellationToken::new();
        let relay = Relay {
            db: self.database.database().clone(),
            settings,
            clock: Clock::system(),
            name: format!("relay-{}", Uuid::now_v7().simple()),
        };
        Running { task: tokio::spawn(relay::serve(relay, stop.clone())), stop }
    }

    /// How many events no broker has taken.
    pub async fn waiting(&self) -> i64 {
        outbox::backlog(&self.database.database().system()).await.unwrap().waiting
    }

    /// Waits until all events are noted as published.
    pub async fn all_published(&self) {
        let empty = async {
            while self.waiting().await > 0 {
                tokio::time::sleep(LOOK).await;
            }
        };
        if timeout(PATIENCE, empty).await.is_err() {
            panic!("{} events still wait", self.waiting().await);
        }
    }
}

/// One who is connected to the broker.
pub struct Client {
    _connection: Connection,
    pub channel: Channel,
}

impl Client {
    pub async fn connect(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        let arguments = FieldTable::default();
        channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, arguments).await.unwrap();
        Self { _connection: connection, channel }
    }

    /// Declares a durable queue, and binds it.
    pub async fn queue(&self, name: &str, binding: &str, arguments: &[(&str, AMQPValue)]) {
        self.queue_of_kind(QueueDeclareOptions::durable(), name, binding, arguments).await;
    }

    /// Declares a queue in memory that goes with the connection, and binds it.
    pub async fn passing_queue(&self, name: &str, binding: &str) {
        let options = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
        self.queue_of_kind(options, name, binding, &[]).await;
    }

    async fn queue_of_kind(
        &self,
        kind: QueueDeclareOptions,
        name: &str,
        binding: &str,
        arguments: &[(&str, AMQPValue)],
    ) {
        let mut table = FieldTable::default();
        for (key, value) in arguments {
            table.insert((*key).into(), value.clone());
        }
        self.channel.queue_declare(name.into(), kind, table).await.unwrap();
        let (options, none) = (QueueBindOptions::default(), FieldTable::default());
        self.channel.queue_bind(name.into(), EXCHANGE.into(), binding.into(), options, none).await.unwrap();
    }

    /// Listens at a queue until the connection ends.
    pub async fn listen(&self, queue: &str) -> mpsc::UnboundedReceiver<Heard> {
        let (options, none) = (BasicConsumeOptions::default(), FieldTable::default());
        let mut messages = self.channel.basic_consume(queue.into(), "".into(), options, none).await.unwrap();
        let (heard, ears) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = messages.next().await {
                let _ = heard.send(Heard::of(&message));
                if message.ack(BasicAckOptions::default()).await.is_err() {
                    return;
                }
            }
        });
        ears
    }
}

/// A message as it came.
#[derive(Clone, PartialEq, Debug)]
pub struct Heard {
    pub id: String,
    pub project: String,
    pub sequence: u64,
    pub routing_key: String,
    pub headers: BTreeMap<String, String>,
}

impl Heard {
    pub fn of(message: &Delivery) -> Self {
        let table = message.properties.headers().clone().unwrap_or_default();
        let headers: BTreeMap<String, String> = table
            .inner()
            .iter()
            .filter_map(|(name, value)| match value {
                AMQPValue::LongString(text) => Some((name.to_string(), text.to_string())),
                _ => None,
            })
            .collect();
        Self {
            id: message.properties.message_id().clone().unwrap().to_string(),
            project: headers["cloudEvents:projectid"].clone(),
            sequence: headers["cloudEvents:sequence"].parse().unwrap(),
            routing_key: message.routing_key.to_string(),
            headers,
        }
    }
}

/// What was heard, counted.
#[derive(Default, Debug)]
pub struct Books {
    ids: HashSet<String>,
    /// The highest number of each project so far.
    latest: BTreeMap<String, u64>,
    pub doubled: usize,
    /// New events that came after a later one of their project.
    pub out_of_order: usize,
}

impl Books {
    pub fn note(&mut self, heard: &Heard) {
        let latest = self.latest.entry(heard.project.clone()).or_default();
        if !self.ids.insert(heard.id.clone()) {
            self.doubled += 1;
        } else if heard.sequence != *latest + 1 {
            self.out_of_order += 1;
        }
        *latest = heard.sequence.max(*latest);
    }

    /// How many different events were heard.
    pub fn distinct(&self) -> usize {
        self.ids.len()
    }

    /// Listens until so many different events were heard.
    pub async fn until(&mut self, ears: &mut mpsc::UnboundedReceiver<Heard>, distinct: usize) {
        while self.distinct() < distinct {
            match timeout(PATIENCE, ears.recv()).await {
                Ok(Some(heard)) => self.note(&heard),
                Ok(None) => return,
                Err(_) => panic!("{} of {distinct} events were heard: {self:?}", self.distinct()),
            }
        }
    }

    /// All were heard, in order; prints the count. What was heard beyond that is read, too.
    pub fn close(mut self, ears: &mut mpsc::UnboundedReceiver<Heard>, told: usize) -> usize {
        while let Ok(heard) = ears.try_recv() {
            self.note(&heard);
        }
        let lost = told - self.distinct();
        println!("told {told}, doubled {}, lost {lost}, out of order {}", self.doubled, self.out_of_order);
        assert_eq!((lost, self.out_of_order), (0, 0), "{self:?}");
        self.doubled
    }
}
