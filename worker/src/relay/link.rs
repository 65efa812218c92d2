//! One connection to the broker, and what it says of what is published.

use std::{collections::HashSet, time::Duration};

use futures::{StreamExt, stream::FuturesUnordered};
use lapin::{
    Channel, Confirmation, Connection, ConnectionProperties, ExchangeKind,
    options::{BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};

use super::{
    error::RelayError,
    message::Message,
    settings::{RelaySettings, Unroutable},
};

/// How often is looked whether the broker blocks us.
const LOOK: Duration = Duration::from_millis(250);

/// How long closing in order may take.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// AMQP's code of an orderly end.
const OK: u16 = 200;

/// The longest that parked messages stay, in milliseconds: what RabbitMQ takes as a time to live.
const MAX_TTL_MS: u128 = u32::MAX as u128;

/// The header that tells what a parked message was routed by.
const ROUTING_KEY: &str = "routingkey";

/// What the broker made of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// It is in every queue that wants it.
    Taken,
    /// No queue wants it.
    Unroutable,
    /// A queue could not take it.
    Refused,
}

/// A connection with a channel on which everything is confirmed.
pub(super) struct Link {
    connection: Connection,
    channel: Channel,
    exchange: String,
    parking: String,
    /// How long parked messages stay.
    keep_ms: u128,
    confirm_timeout: Duration,
}

impl Link {
    /// Connects, and declares what is published to. The settings must name a broker.
    pub(super) async fn open(settings: RelaySettings) -> Result<Self, RelayError> {
        let Some(uri) = settings.uri() else { return Err(RelayError::Stopped) };
        let properties = ConnectionProperties::default().with_connection_name("project-sync relay".into());
        let connection = Connection::connect_uri(uri, properties).await.map_err(RelayError::opening)?;
        let channel = connection.create_channel().await.map_err(RelayError::opening)?;
        declare(&channel, &settings).await.map_err(RelayError::opening)?;
        Ok(Self {
            connection,
            channel,
            parking: settings.parking(),
            keep_ms: settings.keep().as_millis().min(MAX_TTL_MS),
            confirm_timeout: settings.confirm_timeout(),
            exchange: settings.exchange,
        })
    }

    /// Publishes messages, one after the other, and waits until the broker has told the fate of each. Those that it told
    /// nothing of before an error are `None`: they may have arrived or not.
    pub(super) async fn publish(&self, messages: &[Message]) -> (Vec<Option<Fate>>, Result<(), RelayError>) {
        self.publish_to(&self.exchange, messages).await
    }

    /// Publishes messages that no queue wants to the one that is there for them, in the same way.
    pub(super) async fn park(
        &self,
        mut messages: Vec<Message>,
    ) -> (Vec<Option<Fate>>, Result<(), RelayError>) {
        for message in &mut messages {
            let key = std::mem::replace(&mut message.routing_key, self.parking.clone());
            let mut headers = message.properties.headers().clone().unwrap_or_default();
            headers.insert(ROUTING_KEY.into(), AMQPValue::LongString(key.into()));
            let properties = std::mem::take(&mut message.properties).with_headers(headers);
            // Of the message and not of the queue: a queue that is there cannot be declared with another one.
            message.properties = properties.with_expiration(self.keep_ms.to_string().into());
        }
        // The exchange without a name routes to the queue that the key names.
        self.publish_to("", &messages).await
    }

    async fn publish_to(
        &self,
        exchange: &str,
        messages: &[Message],
    ) -> (Vec<Option<Fate>>, Result<(), RelayError>) {
        let mut fates = Fates { of: vec![None; messages.len()], returned: HashSet::new() };
        let result = {
            let work = self.tell(exchange, messages, &mut fates);
            tokio::pin!(work);
            let mut waited = Duration::ZERO;
            let mut is_blocked = false;
            loop {
                tokio::select! {
                    result = &mut work => break result,
                    () = tokio::time::sleep(LOOK) => {}
                }
                if !self.connection.status().blocked() {
                    is_blocked = false;
                    waited += LOOK;
                } else if !std::mem::replace(&mut is_blocked, true) {
                    // Nothing goes out meanwhile, and a broker that is gone shows no sign of life: then this ends.
                    tracing::warn!("the broker blocks who publishes: it is short of memory or disk");
                }
                if waited > self.confirm_timeout {
                    break Err(RelayError::NoAnswer);
                }
            }
        };
        (fates.settle(messages), result)
    }

    async fn tell(&self, exchange: &str, messages: &[Message], fates: &mut Fates) -> Result<(), RelayError> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let mut confirms = FuturesUnordered::new();
        let mut result = Ok(());
        for (place, message) in messages.iter().enumerate() {
            let (key, properties) = (message.routing_key.as_str().into(), message.properties.clone());
            match self.channel.basic_publish(exchange.into(), key, options, &message.body, properties).await {
                Ok(confirm) => confirms.push(async move { (place, confirm.await) }),
                Err(error) => {
                    result = Err(RelayError::Lost(error));
                    break;
                }
            }
        }
        while let Some((place, confirmation)) = confirms.next().await {
            match confirmation {
                Ok(confirmation) => fates.note(place, confirmation),
                Err(error) => result = Err(RelayError::Lost(error)),
            }
        }
        result
    }

    /// Whether the broker is still there, as far as we know.
    pub(super) fn is_open(&self) -> bool {
        self.connection.status().connected() && self.channel.status().connected()
    }

    /// Ends the connection in order, if the broker still answers.
    pub(super) async fn close(self) {
        let close = self.connection.close(OK, "bye".into());
        if let Ok(Err(error)) = tokio::time::timeout(CLOSE_PATIENCE, close).await {
            tracing::debug!(%error, "the connection to the broker was not closed in order");
        }
    }
}

/// What was told so far.
struct Fates {
    of: Vec<Option<Fate>>,
    /// The ids of messages that came back. The client hands each to the next confirmation that it gets, which need not be
    /// that of the message: one confirmation may stand for many messages.
    returned: HashSet<String>,
}

impl Fates {
    fn note(&mut self, place: usize, confirmation: Confirmation) {
        self.of[place] = Some(if confirmation.is_nack() { Fate::Refused } else { Fate::Taken });
        let returned = confirmation.take_message();
        if let Some(id) = returned.and_then(|message| message.delivery.properties.message_id().clone()) {
            self.returned.insert(id.to_string());
        }
    }

    fn settle(mut self, messages: &[Message]) -> Vec<Option<Fate>> {
        for (fate, message) in self.of.iter_mut().zip(messages) {
            if *fate == Some(Fate::Taken) && self.returned.contains(&message.id) {
                *fate = Some(Fate::Unroutable);
            }
        }
        self.of
    }
}

async fn declare(channel: &Channel, settings: &RelaySettings) -> Result<(), lapin::Error> {
    let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
    let name = settings.exchange.as_str().into();
    channel.exchange_declare(name, ExchangeKind::Topic, durable, FieldTable::default()).await?;
    if settings.unroutable == Unroutable::Park {
        let (name, durable) = (settings.parking(), QueueDeclareOptions::durable());
        channel.queue_declare(name.as_str().into(), durable, FieldTable::default()).await?;
    }
    channel.confirm_select(ConfirmSelectOptions::default()).await
}
