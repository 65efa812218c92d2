//! One who is told over HTTP what happened, faked as state: it answers as it is told to, and keeps what it was sent.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use futures::{StreamExt as _, stream};
use sha2::{Digest as _, Sha256};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::timeout};

/// How long something that is awaited may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// How much a huge answer holds, in bytes.
const HUGE_BYTES: usize = 64 << 20;

/// The length of the blocks of SHA-256, in bytes.
const BLOCK_BYTES: usize = 64;

/// How it answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// With this status.
    Status(u16),
    /// With this status, and when to come again.
    RetryAfter(u16, String),
    /// From there on elsewhere.
    Redirect(String),
    /// 200, and a body of 64 MiB.
    Huge,
    /// 200, and a body that never ends.
    Endless,
    /// 204, once [`Receiver::release`] says so.
    Held,
    /// Not at all.
    Never,
}

/// What it was sent.
#[derive(Clone, Debug)]
pub struct Received {
    /// The path and the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Received {
    /// A header. Panics if it is not there.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers));
        value.to_str().unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The event's id.
    pub fn id(&self) -> String {
        self.header("webhook-id").to_owned()
    }

    /// Whether one of the signatures was made with a secret (`whsec_…`): the standard's words, written down once more.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = secret.strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
        let key = key.unwrap_or_else(|| panic!("no secret: it does not begin with whsec_ or is no base64"));
        let content = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body);
        let wanted = format!("v1,{}", BASE64.encode(hmac_sha256(&key, content.as_bytes())));
        self.header("webhook-signature").split(' ').any(|signature| signature == wanted)
    }
}

/// RFC 2104.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK_BYTES];
    if key.len() > BLOCK_BYTES {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

struct Shared {
    usual: Mutex<Reply>,
    next: Mutex<VecDeque<Reply>>,
    received: Mutex<Vec<Received>>,
    count: watch::Sender<usize>,
    is_released: watch::Sender<bool>,
}

fn locked<T>(value: &Mutex<T>) -> MutexGuard<'_, T> {
    value.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A receiver on a free port of the loopback address. It stops when it is dropped.
pub struct Receiver {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl Receiver {
    /// One that takes everything (204).
    pub async fn start() -> Self {
        let shared = Arc::new(Shared {
            usual: Mutex::new(Reply::Status(204)),
            next: Mutex::default(),
            received: Mutex::default(),
            count: watch::Sender::default(),
            is_released: watch::Sender::default(),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the listener stays open");
        });
        Self { shared, address, server }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/in", self.address)
    }

    /// The same by the machine's name for itself.
    pub fn url_by_name(&self) -> String {
        format!("http://localhost:{}/in", self.address.port())
    }

    /// How it answers from now on.
    pub fn usually(&self, reply: Reply) {
        *locked(&self.shared.usual) = reply;
    }

    /// How it answers the next requests, one after the other.
    pub fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        locked(&self.shared.next).extend(replies);
    }

    /// Answers what it holds, and what it would hold from now on.
    pub fn release(&self) {
        self.shared.is_released.send_replace(true);
    }

    /// What it was sent so far.
    pub fn received(&self) -> Vec<Received> {
        locked(&self.shared.received).clone()
    }

    /// Waits until it was sent so much, and gives all of it. Panics if that takes too long.
    pub async fn wait_for(&self, count: usize) -> Vec<Received> {
        let mut seen = self.shared.count.subscribe();
        let enough = timeout(PATIENCE, seen.wait_for(|seen| *seen >= count)).await;
        assert!(enough.is_ok(), "{} instead of {count} were received", self.received().len());
        self.received()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let next = locked(&shared.next).pop_front();
    let reply = next.unwrap_or_else(|| locked(&shared.usual).clone());
    let body = String::from_utf8_lossy(&body).into_owned();
    locked(&shared.received).push(Received { path: uri.to_string(), headers, body });
    // Counted here, so that of two that come at once the later count is the higher one.
    shared.count.send_modify(|count| *count += 1);
    let status = |code: u16| StatusCode::from_u16(code).expect("a status");
    let block = || Ok::<_, std::convert::Infallible>(Bytes::from_static(&[b'x'; 64 << 10]));
    match reply {
        Reply::Status(code) => status(code).into_response(),
        Reply::RetryAfter(code, when) => (status(code), [(header::RETRY_AFTER, when)]).into_response(),
        Reply::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Reply::Huge => {
            Body::from_stream(stream::repeat_with(block).take(HUGE_BYTES / (64 << 10))).into_response()
        }
        Reply::Endless => Body::from_stream(stream::repeat_with(block)).into_response(),
        Reply::Held => {
            // The sender is ours.
            let _ = shared.is_released.subscribe().wait_for(|is_released| *is_released).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Reply::Never => std::future::pending().await,
    }
}
