//! The listener: streams are written here, everything else goes to hyper.

use std::{future::Future, io, net::IpAddr, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use bytes::BytesMut;
use http::{HeaderMap, Request, Uri};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::AsyncReadExt,
    net::{TcpListener, TcpStream},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{
    gateway::{Gateway, Opened},
    head,
    patient::Patient,
    routes::Peer,
    socket::{self, Watch},
    welcome::Welcome,
};

/// How long a client may take to send the head of a request.
const HEAD_PATIENCE: Duration = Duration::from_secs(15);

/// How long a client may take nothing of an answer that is being written.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

/// The most that the headers of a request over HTTP/2 may come to, in bytes. Those over HTTP/1 must fit `HYPER_BUFFER`.
const HTTP2_HEADERS: u32 = 32 << 10;

/// How many streams that a client took back at once may wait to be forgotten; more end its connection.
const HTTP2_TAKEN_BACK: usize = 20;

/// The most streams and requests at a time on one HTTP/2 connection.
const HTTP2_STREAMS: u32 = 200;

/// How often an HTTP/2 client is asked whether it is there, and how long it may take to say so.
const HTTP2_PING: Duration = Duration::from_secs(20);

/// How much hyper holds for a client that reads slowly, in bytes.
const HYPER_BUFFER: usize = 64 << 10;

/// How long after the last stream requests may take that came before the end.
const REQUEST_PATIENCE: Duration = Duration::from_secs(30);

/// The pause after a connection could not be accepted, which mostly means that there are too many.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Who may come in. Streams do not pass the layers of the router, so these are asked here.
#[async_trait::async_trait]
pub trait Door: Send + Sync {
    /// The headers that the answer gets besides, or none if this request needs an answer of the router's.
    async fn admit(&self, peer: IpAddr, uri: &Uri, headers: &HeaderMap) -> Option<HeaderMap>;

    /// Whether somebody who was let in with this request and showed who they are may stay. Asked each
    /// `gateway.ask_again_seconds`; where it cannot be told, they may.
    async fn may_stay(&self, peer: IpAddr, uri: &Uri, headers: &HeaderMap) -> bool;
}

/// What all connections share.
#[derive(Clone)]
struct Shared {
    gateway: Gateway,
    router: Router,
    door: Arc<dyn Door>,
    stop: CancellationToken,
}

/// Serves streams, and whatever `router` has, until `shutdown` ends. Then takes no new connections, tells the clients of
/// streams to come again, spread over time, and ends when they are gone and the requests answered that came before.
///
/// # Errors
/// If the listener has no address.
pub async fn serve(
    listener: TcpListener,
    gateway: Gateway,
    router: Router,
    door: Arc<dyn Door>,
    shutdown: impl Future<Output = ()> + Send,
) -> io::Result<()> {
    let connections = gateway.connections();
    let tracker = TaskTracker::new();
    let shared = Shared { gateway: gateway.clone(), router, door, stop: CancellationToken::new() };
    let mut shutdown = pin!(shutdown);
    loop {
        let (connection, peer) = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    sleep(ACCEPT_PAUSE).await;
                    continue;
                }
            },
        };
        // Where there is no room even to say so, the connection is closed.
        let Ok(permit) = connections.admit(peer.ip()) else { continue };
        let shared = shared.clone();
        tracker.spawn(async move {
            let _permit = permit;
            // What it takes to begin is freed when the stream is on its way.
            if let Some(watch) = Box::pin(begin(shared, connection, peer.ip().to_canonical())).await {
                watch.run().await;
            }
        });
    }
    drop(listener);
    tracker.close();
    shared.stop.cancel();
    gateway.drain();
    let patience = gateway.settings().drain() + REQUEST_PATIENCE;
    if timeout(patience, tracker.wait()).await.is_err() {
        tracing::warn!(connections = tracker.len(), "connections are cut off");
    }
    Ok(())
}

/// Takes a connection: a stream that is to be written, or none after all else.
async fn begin(shared: Shared, mut connection: TcpStream, peer: IpAddr) -> Option<Watch> {
    // Events are small and are not to wait for each other.
    let _ = connection.set_nodelay(true);
    let mut buffer = BytesMut::new();
    let request = timeout(HEAD_PATIENCE, head::read(&mut connection, &mut buffer)).await.ok()?.ok()?;
    if let Some(head::Request { uri, headers }) = request
        && let Some(more) = shared.door.admit(peer, &uri, &headers).await
        // Whatever else it comes to, the router says it, with all that its layers add.
        && let Ok(Opened::Stream(stream)) = shared.gateway.open(peer, &uri, &headers).await
    {
        let welcome = Welcome::of(&shared.door, shared.gateway.settings().ask_again(), peer, &uri, &headers);
        return socket::begin(connection, shared.gateway, *stream, &more, welcome).await;
    }
    converse(shared, connection, buffer, peer).await;
    None
}

/// Answers the requests of a connection with the router.
async fn converse(shared: Shared, connection: TcpStream, read: BytesMut, peer: IpAddr) {
    let (reader, writer) = connection.into_split();
    let io = TokioIo::new(tokio::io::join(
        io::Cursor::new(read).chain(reader),
        Patient::new(writer, WRITE_PATIENCE),
    ));
    let router = shared.router;
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE).max_buf_size(HYPER_BUFFER);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(HTTP2_STREAMS)
        .max_pending_accept_reset_streams(HTTP2_TAKEN_BACK)
        .max_header_list_size(HTTP2_HEADERS)
        .max_send_buf_size(HYPER_BUFFER)
        .keep_alive_interval(HTTP2_PING)
        .keep_alive_timeout(HTTP2_PING);
    let mut served = pin!(builder.serve_connection(io, service));
    let result = tokio::select! {
        result = &mut served => result,
        () = shared.stop.cancelled() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = result {
        tracing::debug!(%error, "a connection broke");
    }
}
