//! The streams as routes, for connections that are written by hyper: HTTP/2, and HTTP/1.1 connections that were used for
//! something else before.

use std::{future::pending, net::IpAddr};

use axum::{
    Extension, Router,
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use futures::stream;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, Version, header};
use tokio::time::{Instant, sleep_until};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    frame::Frame,
    gateway::{Gateway, Opened, Stream},
    message::{ProjectMessage, SyncMessage},
    telemetry::Ended,
    topic::{Ahead, TooSlow},
    welcome::shows_who,
};

/// How many events are put together at most.
const FRAMES_AT_ONCE: usize = 16;

/// Who is connected, as the listener saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Peer(pub IpAddr);

/// The headers of every stream.
pub(crate) const HEADERS: [(header::HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
    // Events are of one moment, and may tell what only this client may know.
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // nginx would gather them until there are 8 KB.
    (header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
];

impl Gateway {
    /// The streams as routes.
    pub fn router(&self) -> Router {
        described().with_state(self.clone()).into()
    }
}

/// What the routes are, for the document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described().into_openapi()
}

/// The routes with their description, for any gateway.
fn described() -> OpenApiRouter<Gateway> {
    OpenApiRouter::new().routes(routes!(follow_sync)).routes(routes!(follow_project))
}

/// Follow a sync
///
/// Server-sent events: first a `snapshot`, the state so far; then every event as it happens, numbered by `id`. A client
/// that sends the id of the last event it saw gets what it missed instead of the snapshot, or, where that is too much or
/// not known, a `reset` and the snapshot. After the terminal event the stream ends; who comes again then is answered
/// with 204, and need not any more. Lines that begin with a colon only show that the server is there.
#[utoipa::path(
    get,
    path = "/api/v1/events/project-sync/{syncId}",
    operation_id = "events.projectSync",
    tag = "events",
    params(
        ("syncId" = uuid::Uuid, Path, description = "The sync."),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that the client saw."),
        ("lastEventId" = Option<String>, Query, description = "The same, for clients that cannot send the header; the header counts first."),
    ),
    responses(
        (status = 200, description = "The stream; the schema is that of one message.", body = SyncMessage, content_type = "text/event-stream"),
        (status = 204, description = "The client has seen the terminal event."),
        (status = 404, description = "`sync-not-found`", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 429, description = "`too-many-streams`: of this client", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 503, description = "`no-room`, `database-away`", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow_sync(
    State(gateway): State<Gateway>,
    peer: Option<Extension<Peer>>,
    version: Version,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    follow(gateway, peer, version, uri, headers).await
}

/// Follow a project
///
/// Server-sent events of all syncs of a project: first a `snapshot` of those that have not ended; then every event of
/// these and of all that are asked for later. The events of one sync come in order; the stream does not end by itself.
#[utoipa::path(
    get,
    path = "/api/v1/events/projects/{projectId}",
    operation_id = "events.project",
    tag = "events",
    params(
        ("projectId" = uuid::Uuid, Path, description = "The project."),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that the client saw."),
        ("lastEventId" = Option<String>, Query, description = "The same, for clients that cannot send the header; the header counts first."),
    ),
    responses(
        (status = 200, description = "The stream; the schema is that of one message.", body = ProjectMessage, content_type = "text/event-stream"),
        (status = 404, description = "`project-not-found`", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 429, description = "`too-many-streams`: of this client", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
        (status = 503, description = "`no-room`, `database-away`", body = ref("#/components/schemas/Problem"), content_type = "application/problem+json"),
    )
)]
pub(crate) async fn follow_project(
    State(gateway): State<Gateway>,
    peer: Option<Extension<Peer>>,
    version: Version,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    follow(gateway, peer, version, uri, headers).await
}

async fn follow(
    gateway: Gateway,
    peer: Option<Extension<Peer>>,
    version: Version,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    // A router that is called without a listener has no peer.
    let peer = peer.map_or(IpAddr::from([127, 0, 0, 1]), |Extension(Peer(address))| address);
    match gateway.open(peer, &uri, &headers).await {
        Ok(Opened::Over) => StatusCode::NO_CONTENT.into_response(),
        Ok(Opened::Stream(stream)) => {
            // The door is asked again when they come again.
            let pause = gateway.settings().ask_again();
            let until = shows_who(&uri, &headers).then(|| Instant::now() + pause);
            (HEADERS, Body::from_stream(pieces_until(gateway, stream, until))).into_response()
        }
        Err(refusal) => {
            refusal.note();
            let mut response = refusal.into_response();
            if version == Version::HTTP_11 {
                // Who is refused is not to hold a connection for it.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            response
        }
    }
}

/// A stream as pieces of its body.
pub(crate) fn pieces(
    gateway: Gateway,
    stream: Box<Stream>,
) -> impl futures::Stream<Item = Result<Bytes, TooSlow>> + Send {
    pieces_until(gateway, stream, None)
}

fn pieces_until(
    gateway: Gateway,
    stream: Box<Stream>,
    until: Option<Instant>,
) -> impl futures::Stream<Item = Result<Bytes, TooSlow>> + Send {
    stream::unfold(Writing { gateway, stream, until, leaves_at: None, has_left: false }, Writing::next)
}

/// A stream that somebody else writes.
struct Writing {
    gateway: Gateway,
    stream: Box<Stream>,
    /// When the client is to come again and show who it is, if it showed that.
    until: Option<Instant>,
    /// When the client is sent away, once the process is to end.
    leaves_at: Option<Instant>,
    has_left: bool,
}

impl Writing {
    /// The next piece of the body.
    async fn next(mut self) -> Option<(Result<Bytes, TooSlow>, Self)> {
        match self.piece().await {
            Ok(bytes) => Some((Ok(bytes), self)),
            Err(ended) => {
                ended.note();
                match ended {
                    // The body is broken off: nobody may take this for the end.
                    Ended::Lagged | Ended::Failed => Some((Err(TooSlow), self)),
                    _ => None,
                }
            }
        }
    }

    async fn piece(&mut self) -> Result<Bytes, Ended> {
        if self.has_left {
            return Err(Ended::Drained);
        }
        let Stream { subscription, beat, .. } = &mut *self.stream;
        if !subscription.first.is_empty() {
            return Ok(joined(std::mem::take(&mut subscription.first).iter().map(Frame::body)));
        }
        while let Some(missed) = &mut subscription.missed {
            match self.gateway.page(missed).await {
                Ok(Some(frames)) if frames.is_empty() => {}
                Ok(Some(frames)) => return Ok(joined(frames.iter().map(Frame::body))),
                Ok(None) => subscription.missed = None,
                Err(_) => return Err(Ended::Failed),
            }
        }
        let live = &mut subscription.live;
        loop {
            let mut frames = Vec::new();
            match live.peek(FRAMES_AT_ONCE, |told| frames.push(told.frame.body())) {
                Ahead::More => {
                    live.skip(frames.len());
                    self.gateway.count_deliveries(frames.len());
                    return Ok(joined(frames.into_iter()));
                }
                Ahead::Ended => return Err(Ended::Completed),
                Ahead::Gone => return Err(Ended::Lagged),
                Ahead::Nothing => {}
            }
            let leaving = async {
                match self.leaves_at {
                    Some(moment) => sleep_until(moment).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = live.changed() => {}
                () = leaving => {
                    self.has_left = true;
                    return Ok(self.gateway.farewell().body());
                }
                _ = beat.changed() => {
                    if !beat.borrow_and_update().is_draining {
                        if self.until.is_some_and(|until| Instant::now() >= until) {
                            return Err(Ended::Dismissed);
                        }
                        return Ok(Frame::heartbeat().body());
                    }
                    self.leaves_at.get_or_insert_with(|| Instant::now() + self.gateway.time_to_go());
                }
            }
        }
    }
}

/// Several frames as one piece.
fn joined(frames: impl Iterator<Item = Bytes>) -> Bytes {
    let mut frames = frames.peekable();
    let Some(first) = frames.next() else { return Bytes::new() };
    if frames.peek().is_none() {
        return first;
    }
    let mut all = BytesMut::from(&first[..]);
    frames.for_each(|frame| all.extend_from_slice(&frame));
    all.freeze()
}
