//! Follows finished syncs over RabbitMQ, and prints one line of JSON for each. A program of your own begins as a copy of
//! this one: `Print` is where your work goes. What events hold is told in docs/EVENTS.md.
//!
//! ```sh
//! cargo run -p project-sync-worker --example consumer -- amqp://guest:guest@localhost/%2f my-queue seen.json
//! ```
//!
//! What it takes care of:
//! - The queue is durable and bound before the first message is read: what happens while nobody reads is kept.
//! - A message is acknowledged after it was handled and that was noted. Whoever dies in between gets it again.
//! - What was seen is skipped: events of a project come in order, so one number a project is enough to know it by.
//! - Several may run on the same queue: one reads, the others stand by. So order holds.
//! - A message that cannot be handled now is neither lost nor overtaken: all that were not acknowledged go back to the
//!   queue in their places, and reading begins again after a while.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use futures::StreamExt;
use lapin::{
    Channel, Connection, ConnectionProperties, Consumer, ExchangeKind,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions, ExchangeDeclareOptions,
        QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use serde_json::{Value, json};

/// How many messages are sent to us before the first is acknowledged.
const PREFETCH: u16 = 50;

/// The pause before reading begins again after a failure; it doubles up to the longest.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is read, and where.
pub struct Subscription {
    /// The broker: `amqp://USER:PASSWORD@HOST/VHOST`. `?heartbeat=10` finds out within 20 s that it is gone.
    pub url: String,
    /// The exchange of the relay (`relay.exchange`).
    pub exchange: String,
    /// Our queue: a name of our own.
    pub queue: String,
    /// What is wanted: `project_sync.#` is everything, `project_sync.completed.#` what completed,
    /// `#.PROJECT` all of one project.
    pub binding: String,
    /// The file that keeps what was seen.
    pub seen: PathBuf,
}

/// An event as it is told.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// Its id: the same however often it comes.
    pub id: String,
    /// What happened, such as `project_sync.completed`.
    pub kind: String,
    /// The project that it happened to.
    pub project: String,
    /// Its number among the events of the project: 1, 2, 3…
    pub sequence: u64,
    /// What is told of it: see docs/EVENTS.md.
    pub data: Value,
}

impl Event {
    /// Reads a message; `None` if it is none of ours.
    fn read(delivery: &Delivery) -> Option<Self> {
        let headers = delivery.properties.headers().as_ref()?;
        let attribute = |name: &str| match headers.inner().get(format!("cloudEvents:{name}").as_str())? {
            AMQPValue::LongString(text) => String::from_utf8(text.as_bytes().to_vec()).ok(),
            _ => None,
        };
        Some(Self {
            id: attribute("id")?,
            kind: attribute("type")?,
            project: attribute("projectid")?,
            sequence: attribute("sequence")?.parse().ok()?,
            data: serde_json::from_slice(&delivery.data).ok()?,
        })
    }
}

/// The number of the latest event of each project that was handled. Keep it where your own data is, written in the same
/// transaction, and each event has its effect exactly once.
struct Seen {
    file: PathBuf,
    latest: BTreeMap<String, u64>,
}

impl Seen {
    fn open(file: &Path) -> io::Result<Self> {
        let latest = match fs::read(file) {
            Ok(bytes) => serde_json::from_slice(&bytes)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { file: file.to_owned(), latest })
    }

    fn has(&self, event: &Event) -> bool {
        self.latest.get(&event.project).is_some_and(|latest| event.sequence <= *latest)
    }

    /// Replaces the file as a whole: whoever dies here leaves the old one or the new one.
    fn note(&mut self, event: &Event) -> io::Result<()> {
        self.latest.insert(event.project.clone(), event.sequence);
        let new = self.file.with_extension("new");
        fs::write(&new, serde_json::to_vec(&self.latest)?)?;
        fs::rename(new, &self.file)
    }
}

/// Why reading ended.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// The broker is away, or refuses.
    #[error("broker: {0}")]
    Broker(#[from] lapin::Error),
    /// What was seen cannot be read or kept.
    #[error("what was seen: {0}")]
    Seen(#[from] io::Error),
    /// An event cannot be handled now.
    #[error("handling {id}: {reason}")]
    Handle {
        /// The event.
        id: String,
        /// Why.
        reason: String,
    },
    /// The broker has ended the subscription: somebody removed the queue.
    #[error("the queue is gone")]
    Ended,
}

/// What your program does.
pub trait Handle: Send {
    /// Does what an event asks for. What returns an error is asked for again, and again. It may also be asked for again
    /// after it was done, if the program ended before that was noted.
    ///
    /// # Errors
    /// With the reason, if it cannot be done now.
    fn handle(&mut self, event: &Event) -> impl Future<Output = Result<(), String>> + Send;
}

/// Reads for ever: whatever fails, it is begun again after a pause.
pub async fn follow(subscription: &Subscription, mut handler: impl Handle) {
    let mut pause = FIRST_PAUSE;
    loop {
        let mut handled = 0;
        let Err(error) = consume(subscription, &mut handler, &mut handled).await;
        if handled > 0 {
            pause = FIRST_PAUSE;
        }
        eprintln!("{error}; reading again in {pause:?}");
        tokio::time::sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// Reads over one connection until something fails, and counts what was handled.
async fn consume(
    subscription: &Subscription,
    handler: &mut impl Handle,
    handled: &mut u64,
) -> Result<std::convert::Infallible, ConsumeError> {
    let connection = Connection::connect(&subscription.url, ConnectionProperties::default()).await?;
    let channel = connection.create_channel().await?;
    let mut messages = subscribe(&channel, subscription).await?;
    while let Some(delivery) = messages.next().await {
        let delivery = delivery?;
        let Some(event) = Event::read(&delivery) else {
            // Coming again would not make it one of ours.
            delivery.reject(BasicRejectOptions { requeue: false }).await?;
            continue;
        };
        // Read anew each time: while we stood by, another has noted what it handled.
        let mut seen = Seen::open(&subscription.seen)?;
        if !seen.has(&event) {
            // When this fails, the connection goes with all that was not acknowledged, and all of that comes again.
            let result = handler.handle(&event).await;
            result.map_err(|reason| ConsumeError::Handle { id: event.id.clone(), reason })?;
            seen.note(&event)?;
            *handled += 1;
        }
        delivery.ack(BasicAckOptions::default()).await?;
    }
    Err(ConsumeError::Ended)
}

async fn subscribe(channel: &Channel, subscription: &Subscription) -> Result<Consumer, lapin::Error> {
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    // Declared as the relay does, so that it does not matter who comes first.
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let exchange = subscription.exchange.as_str();
    channel.exchange_declare(exchange.into(), ExchangeKind::Topic, durable, FieldTable::default()).await?;
    let mut arguments = FieldTable::default();
    arguments.insert("x-single-active-consumer".into(), AMQPValue::Boolean(true));
    let queue = subscription.queue.as_str();
    channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), arguments).await?;
    let binding = subscription.binding.as_str().into();
    let options = QueueBindOptions::default();
    channel.queue_bind(queue.into(), exchange.into(), binding, options, FieldTable::default()).await?;
    let options = BasicConsumeOptions::default();
    channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await
}

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(url), Some(queue), Some(seen)) = (arguments.next(), arguments.next(), arguments.next()) else {
        eprintln!("usage: consumer AMQP_URL QUEUE SEEN_FILE [BINDING]");
        std::process::exit(2);
    };
    let subscription = Subscription {
        url,
        exchange: "project-sync".to_owned(),
        queue,
        binding: arguments.next().unwrap_or_else(|| "project_sync.#".to_owned()),
        seen: seen.into(),
    };
    follow(&subscription, Print).await;
}

/// Your work goes here.
struct Print;

impl Handle for Print {
    async fn handle(&mut self, event: &Event) -> Result<(), String> {
        let Event { id, kind, project, sequence, data } = event;
        println!(
            "{}",
            json!({ "id": id, "type": kind, "project": project, "sequence": sequence, "data": data })
        );
        Ok(())
    }
}
