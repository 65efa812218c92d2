//! The real program and a real RabbitMQ: every kind of event from what people do, and workers that are killed.

mod every_kind;
mod killed;

use std::time::Duration;

use futures::StreamExt;
use lapin::{
    Connection, ConnectionProperties, ExchangeKind,
    message::Delivery,
    options::{
        BasicAckOptions, BasicConsumeOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable},
};
use serde_json::{Map, Value};
use testkit::service::Launcher;
use tokio::time::timeout;

/// How long anything that is awaited may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The exchange of the default settings.
const EXCHANGE: &str = "project-sync";

/// The program with a broker, under settings under which little is waited for.
fn launcher(folder: &std::path::Path, broker: &str) -> Launcher {
    Launcher::new(env!("CARGO_BIN_EXE_project-sync"), folder)
        .set("relay.amqp_url", broker)
        .set("relay.lease_seconds", 2)
        .set("relay.poll_ms", 50)
        .set("relay.retry_first_delay_ms", 50)
        .set("worker.max_attempts", 1)
}

/// One who listens to everything.
struct Listener {
    messages: lapin::Consumer,
    _connection: Connection,
}

impl Listener {
    async fn connect(url: &str) -> Self {
        let connection = Connection::connect(url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let none = FieldTable::default;
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel.exchange_declare(EXCHANGE.into(), ExchangeKind::Topic, durable, none()).await.unwrap();
        channel.queue_declare("all".into(), QueueDeclareOptions::durable(), none()).await.unwrap();
        let bind = QueueBindOptions::default();
        channel.queue_bind("all".into(), EXCHANGE.into(), "#".into(), bind, none()).await.unwrap();
        let consume = BasicConsumeOptions::default();
        let messages = channel.basic_consume("all".into(), "".into(), consume, none()).await.unwrap();
        Self { messages, _connection: connection }
    }

    /// The next event, with its attributes and its data in one object, as the schema has it.
    async fn next(&mut self) -> Value {
        let message = timeout(PATIENCE, self.messages.next()).await.expect("an event comes in time");
        let message = message.unwrap().unwrap();
        message.ack(BasicAckOptions::default()).await.unwrap();
        event(&message)
    }
}

fn event(message: &Delivery) -> Value {
    let mut event = Map::new();
    for (name, value) in message.properties.headers().as_ref().unwrap().inner() {
        if let (Some(name), AMQPValue::LongString(text)) = (name.as_str().strip_prefix("cloudEvents:"), value)
        {
            event.insert(name.to_owned(), text.to_string().into());
        }
    }
    let content_type = message.properties.content_type().as_ref().unwrap();
    event.insert("datacontenttype".to_owned(), content_type.as_str().into());
    event.insert("data".to_owned(), serde_json::from_slice(&message.data).unwrap());
    assert_eq!(message.properties.message_id().as_ref().unwrap().as_str(), event["id"]);
    assert_eq!(*message.properties.delivery_mode(), Some(2), "written to disk");
    Value::Object(event)
}
