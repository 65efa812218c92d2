//! An event as a message: CloudEvents 1.0 in the binary mode of its AMQP binding.
//!
//! The event's data is the body; its attributes are headers whose names begin with `cloudEvents:`. RabbitMQ hands them to
//! clients of AMQP 1.0 as application properties, which is where the binding has them.

use bus::integration::{self, DATA_CONTENT_TYPE};
use entities::OutboxEvent;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, LongString},
};

/// What the names of the attributes begin with (CloudEvents AMQP protocol binding, section 3.1.3.1).
const PREFIX: &str = "cloudEvents:";

/// Written to disk by the broker before it confirms (AMQP 0-9-1, `delivery-mode`).
const PERSISTENT: u8 = 2;

/// The header of W3C Trace Context.
const TRACE_PARENT: &str = "traceparent";

/// What is published of an event.
pub(super) struct Message {
    /// Its id, which the broker gives back with what it could not route.
    pub(super) id: String,
    pub(super) routing_key: String,
    pub(super) body: Vec<u8>,
    pub(super) properties: BasicProperties,
}

impl Message {
    pub(super) fn of(event: &OutboxEvent) -> Self {
        let id = event.event_id.to_string();
        let properties = BasicProperties::default()
            .with_content_type(DATA_CONTENT_TYPE.into())
            .with_delivery_mode(PERSISTENT)
            .with_message_id(id.as_str().into())
            .with_type(event.kind.as_str().into())
            .with_app_id("project-sync".into())
            .with_timestamp(event.created_at.timestamp().unsigned_abs())
            .with_headers(headers(event));
        Self { id, routing_key: routing_key(event), body: event.data.to_string().into_bytes(), properties }
    }
}

/// `<kind>.<tenant>.<project>`, such as `project_sync.completed.<uuid>.<uuid>`: four words to bind by.
fn routing_key(event: &OutboxEvent) -> String {
    format!("{}.{}.{}", event.kind, event.tenant_id, event.project_id)
}

fn headers(event: &OutboxEvent) -> FieldTable {
    let mut headers = FieldTable::default();
    let mut add = |name: String, value: String| {
        headers.insert(name.into(), AMQPValue::LongString(LongString::from(value)));
    };
    for (name, value) in integration::attributes(event) {
        // The message has a property for it.
        if name != "datacontenttype" {
            add(format!("{PREFIX}{name}"), value);
        }
    }
    if let Some(trace) = &event.trace_parent {
        add(TRACE_PARENT.to_owned(), trace.clone());
    }
    headers
}
