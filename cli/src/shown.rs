//! The settings as they may be shown: what is secret only says whether it is set.

use api::model::ShownSettings;
use serde_json::Value;

/// What stands for a secret that is set.
const SET: &str = "(set)";

/// The settings that are secret, or may hold a password.
const SECRET: [&str; 7] = [
    "database.url",
    "database.migrator_url",
    "queue.redis_url",
    "relay.amqp_url",
    "api.token",
    "api.ticket_key",
    "secrets.keys",
];

/// What may be shown of settings as they were read: a table of sections.
pub fn shown(read: &Value) -> ShownSettings {
    let sections = read.as_object().into_iter().flatten();
    sections
        .map(|(section, values)| {
            let values = values.as_object().into_iter().flatten();
            let values = values.map(|(key, value)| (key.clone(), shown_value(section, key, value)));
            (section.clone(), values.collect())
        })
        .collect()
}

fn shown_value(section: &str, key: &str, value: &Value) -> Value {
    let is_secret = SECRET.contains(&format!("{section}.{key}").as_str());
    match value {
        Value::Null => Value::Null,
        _ if is_secret => SET.into(),
        // Nobody should put a password in another URL; whoever does is not to find it here.
        Value::String(text) if text.contains("://") && text.contains('@') => SET.into(),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        let read = serde_json::json!({
            "database": { "url": "postgres://a:hush@host/x", "max_connections": 16 },
            "queue": { "redis_url": "redis://:hush@host", "prefix": "p" },
            "relay": { "amqp_url": "amqp:hush" },
            "api": { "token": "hush", "token_file": "/run/secrets/token", "cors_origins": ["https://a"] },
            "secrets": { "keys": "hush" },
            "telemetry": { "otlp_endpoint": "https://hush@traces" },
        });
        let shown = serde_json::to_value(shown(&read)).unwrap();
        assert!(!shown.to_string().contains("hush"), "{shown}");
        assert_eq!(shown["database"], serde_json::json!({ "url": "(set)", "max_connections": 16 }));
        assert_eq!(shown["queue"]["prefix"], "p");
        assert_eq!(shown["api"]["token_file"], "/run/secrets/token");
    }
}
