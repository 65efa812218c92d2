//! What routes take out of requests. What is missing or wrong is told as a problem that names the field.

mod body;
mod limits;
mod loaded;
mod path;
mod permit;
mod query;
mod trace;

#[cfg(feature = "fuzzing")]
pub(crate) use body::parse;
pub(crate) use body::{Body, read as read_body};
pub(crate) use limits::{checked_text, page_limit};
pub(crate) use loaded::{
    LoadedDelivery, LoadedJob, LoadedMember, LoadedProject, LoadedSync, LoadedToken, LoadedWebhook,
    project as load_project, sync as load_sync,
};
pub(crate) use path::Id;
pub(crate) use permit::{Admin, AnyCaller, Manage, Operate, OwnSession, Permitted, Read, Syncs, lacks};
pub(crate) use query::Queried;
pub(crate) use trace::{TraceParent, remote_context};

/// What a message of serde says is wrong: the field, as far as it tells, and the rest of the message.
///
/// `path` is where it was when it went wrong.
pub(crate) fn named_field(path: &str, message: &str) -> Option<String> {
    let path = if path == "." || path == "?" { "" } else { path };
    let quoted = ["unknown field `", "missing field `", "duplicate field `"].iter().find_map(|begin| {
        let (_, rest) = message.split_once(begin)?;
        rest.split_once('`').map(|(name, _)| name)
    });
    match (path, quoted) {
        ("", None) => None,
        ("", Some(name)) => Some(name.to_owned()),
        (path, Some(name)) if path != name && !path.ends_with(&format!(".{name}")) => {
            Some(format!("{path}.{name}"))
        }
        (path, _) => Some(path.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_named() {
        for (path, message, field) in [
            (".", "missing field `source`", Some("source")),
            ("source", "missing field `url`", Some("source.url")),
            ("source.url", "invalid type: integer `1`, expected a string", Some("source.url")),
            ("nmae", "unknown field `nmae`, expected `name` or `source`", Some("nmae")),
            (".", "expected value", None),
        ] {
            assert_eq!(named_field(path, message).as_deref(), field, "{path} {message}");
        }
    }
}
