//! An event as a message: CloudEvents 1.0 in the binary mode of its AMQP binding.
//!
//! The event's data is the body; its attributes are headers whose names begin with `cloudEvents:`. RabbitMQ hands them to
//! clients of AMQP 1.0 as application properties, which is where the binding has them.

use entities::OutboxEvent;
use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, LongString},
};

/// What the names of the attributes begin with (CloudEvents AMQP protocol binding, section 3.1.3.1).
const PREFIX: &str = "cloudEvents:";

/// The version of CloudEvents.
const SPEC_VERSION: &str = "1.0";

/// What the body is.
const CONTENT_TYPE: &str = "application/json";

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
            .with_content_type(CONTENT_TYPE.into())
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
    for (name, value) in attributes(event) {
        add(format!("{PREFIX}{name}"), value);
    }
    if let Some(trace) = &event.trace_parent {
        add(TRACE_PARENT.to_owned(), trace.clone());
    }
    headers
}

/// The attributes, in the order of the specification; then those of its extensions *partitioning*, *sequence* and
/// *distributed tracing*, and one of ours.
fn attributes(event: &OutboxEvent) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("specversion", SPEC_VERSION.to_owned()),
        ("id", event.event_id.to_string()),
        ("source", format!("/projects/{}", event.project_id)),
        ("type", event.kind.clone()),
        ("time", event.created_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)),
        ("partitionkey", event.project_id.to_string()),
        ("sequence", event.sequence.to_string()),
        ("tenantid", event.tenant_id.to_string()),
    ];
    if let Some(trace) = &event.trace_parent {
        attributes.push((TRACE_PARENT, trace.clone()));
    }
    attributes
}
