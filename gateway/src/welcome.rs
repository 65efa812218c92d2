//! Whether somebody who came in may stay: a token may be revoked, a user removed, while a stream is open.

use std::{
    net::IpAddr,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderName, Uri, header};

use crate::serve::Door;

/// The headers that say who somebody is, or where they come from.
const TELLING: [HeaderName; 4] = [header::AUTHORIZATION, header::COOKIE, header::HOST, header::ORIGIN];

/// The answer of the door, when it comes.
pub(crate) type Answer = Pin<Box<dyn Future<Output = bool> + Send>>;

/// Who came in, and at which door. Kept for those who showed who they are.
pub(crate) struct Welcome {
    door: Arc<dyn Door>,
    peer: IpAddr,
    uri: Uri,
    headers: HeaderMap,
    pause: Duration,
    asked: Instant,
}

/// Whether a request shows who it is from.
pub(crate) fn shows_who(uri: &Uri, headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
        || headers.contains_key(header::COOKIE)
        || uri.query().is_some_and(|query| query.split('&').any(|pair| pair.starts_with("ticket=")))
}

impl Welcome {
    /// What is to be asked about again; nothing of somebody whom the door let in without asking.
    pub(crate) fn of(
        door: &Arc<dyn Door>,
        pause: Duration,
        peer: IpAddr,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Option<Box<Self>> {
        shows_who(uri, headers).then(|| {
            let kept = TELLING.iter().filter_map(|name| Some((name.clone(), headers.get(name)?.clone())));
            let headers = kept.collect();
            let (door, uri) = (Arc::clone(door), uri.clone());
            Box::new(Self { door, peer, uri, headers, pause, asked: Instant::now() })
        })
    }

    /// Asks, if it is time.
    pub(crate) fn ask_again(&mut self) -> Option<Answer> {
        if self.asked.elapsed() < self.pause {
            return None;
        }
        self.asked = Instant::now();
        let (door, peer) = (Arc::clone(&self.door), self.peer);
        let (uri, headers) = (self.uri.clone(), self.headers.clone());
        Some(Box::pin(async move { door.may_stay(peer, &uri, &headers).await }))
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn who_shows_nothing_is_not_asked_again() {
        let plain: Uri = "/api/v1/events/projects/1?lastEventId=ticket".parse().unwrap();
        let ticket: Uri = "/api/v1/events/projects/1?lastEventId=1&ticket=x".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert!(!shows_who(&plain, &headers) && shows_who(&ticket, &headers));
        headers.insert(header::COOKIE, HeaderValue::from_static("ps_session=x"));
        assert!(shows_who(&plain, &headers));
    }
}
