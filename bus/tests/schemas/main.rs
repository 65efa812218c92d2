//! The JSON schema of events is made from their types, committed, and true.

use std::{collections::BTreeMap, fs, path::PathBuf};

use project_sync_bus::{IntegrationData, IntegrationKind};
use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};

/// Where it is committed, from this crate's folder.
const COMMITTED: &str = "../docs/schemas/project-sync-event.json";

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(COMMITTED)
}

/// An event in the structured mode of CloudEvents; in the binary mode the attributes are headers and `data` is the body.
fn schema() -> Value {
    let mut schemas = vec![
        (IntegrationData::name().into_owned(), IntegrationData::schema()),
        (IntegrationKind::name().into_owned(), IntegrationKind::schema()),
    ];
    IntegrationData::schemas(&mut schemas);
    let definitions: BTreeMap<String, Value> =
        schemas.into_iter().map(|(name, schema)| (name, serde_json::to_value(schema).unwrap())).collect();
    let uuid = json!({ "type": "string", "format": "uuid" });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "project-sync-event.json",
        "title": "A sync has ended: an event of Project Sync, as CloudEvents 1.0",
        "type": "object",
        "required": [
            "specversion", "id", "source", "type", "time", "datacontenttype", "subject", "sequence", "tenantid",
            "projectid", "data",
        ],
        "properties": {
            "specversion": { "const": "1.0" },
            "id": { "type": "string", "format": "uuid", "description": "The same however often it is sent." },
            "source": { "type": "string", "format": "uri-reference", "description": "The project." },
            "type": { "$ref": "#/$defs/IntegrationKind" },
            "time": { "type": "string", "format": "date-time", "description": "When it happened." },
            "datacontenttype": { "const": "application/json" },
            "subject": { "type": "string", "format": "uuid", "description": "The sync." },
            "sequence": {
                "type": "string",
                "pattern": "^[1-9][0-9]*$",
                "description": "Its number among the events of the project: 1, 2, 3… in order, without a hole.",
            },
            "tenantid": uuid,
            "projectid": uuid,
            "traceparent": { "type": "string", "description": "W3C trace context of the request behind the sync." },
            "data": { "$ref": "#/$defs/IntegrationData" },
        },
        "$defs": definitions,
    });
    let text = schema.to_string().replace("#/components/schemas/", "#/$defs/");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_schema_of_events_is_the_committed_one() {
    let made = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(path(), &made).unwrap();
    }
    let committed = fs::read_to_string(path()).unwrap_or_default();
    assert!(committed == made, "docs/schemas is stale: run this test with UPDATE_SCHEMA=1");
}

#[test]
fn nothing_in_it_points_nowhere_and_all_kinds_are_there() {
    let schema = schema();
    let text = schema.to_string();
    for reference in text.split("\"$ref\":\"#/$defs/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schema["$defs"].get(name).is_some(), "{name}");
    }
    for kind in IntegrationKind::ALL {
        assert!(schema["$defs"]["IntegrationKind"].to_string().contains(kind.as_str()));
    }
}
