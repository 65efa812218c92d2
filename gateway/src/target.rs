//! What a request wants to follow, and from where.

use entities::{ProjectId, SyncId};
use http::{HeaderMap, HeaderName, Uri};

/// The header by which a client tells the last event that it saw.
pub(crate) const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The same as a parameter, for clients that cannot send headers when they come for the first time.
pub(crate) const LAST_EVENT_ID_PARAMETER: &str = "lastEventId";

/// What all paths of streams begin with.
pub(crate) const PREFIX: &str = "/api/v1/events/";

/// What is followed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// One sync.
    Sync(SyncId),
    /// All syncs of a project.
    Project(ProjectId),
}

impl Target {
    /// What a path names. None if it is no path of a stream, or the id is none.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.strip_prefix(PREFIX)?.split_once('/')? {
            ("project-sync", id) => id.parse().ok().map(Self::Sync),
            ("projects", id) => id.parse().ok().map(Self::Project),
            _ => None,
        }
    }
}

/// The id of the last event that a client saw: what the header says, which a browser's own EventSource sets when it comes
/// again, before what the address says, which stays as it was.
pub(crate) fn last_event_id(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if let Some(value) = headers.get(LAST_EVENT_ID) {
        // What is no text is no id of ours.
        return Some(value.to_str().unwrap_or("?").trim().to_owned()).filter(|id| !id.is_empty());
    }
    uri.query()?.split('&').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        (name == LAST_EVENT_ID_PARAMETER && !value.is_empty()).then(|| value.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn paths_name_what_is_followed() {
        let id = "0190d3f0-0000-7000-8000-000000000001";
        assert_eq!(
            Target::of(&format!("/api/v1/events/project-sync/{id}")),
            Some(Target::Sync(id.parse().unwrap()))
        );
        assert_eq!(
            Target::of(&format!("/api/v1/events/projects/{id}")),
            Some(Target::Project(id.parse().unwrap()))
        );
        for other in [
            "",
            "/",
            "/api/v1/events/",
            "/api/v1/events/project-sync/1",
            "/api/v1/projects",
            "/api/v1/events/x/y",
        ] {
            assert_eq!(Target::of(other), None, "{other}");
        }
        assert_eq!(Target::of(&format!("/api/v1/events/projects/{id}/x")), None);
    }

    #[test]
    fn the_header_counts_before_the_address() {
        let uri: Uri = "/x?a=b&lastEventId=17.15-203".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert_eq!(last_event_id(&uri, &headers).as_deref(), Some("17.15-203"));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_static(" 18 "));
        assert_eq!(last_event_id(&uri, &headers).as_deref(), Some("18"));
        headers.insert(LAST_EVENT_ID, HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(last_event_id(&uri, &headers).as_deref(), Some("?"));
        assert_eq!(last_event_id(&"/x?lastEventId=".parse().unwrap(), &HeaderMap::new()), None);
        assert_eq!(last_event_id(&"/x".parse().unwrap(), &HeaderMap::new()), None);
    }
}
