//! Git smart HTTP, served by the real `git upload-pack` over real bare repositories, with faults on demand.
//!
//! [`serve_git`] answers for one repository and can be mounted in any axum router. [`GitHttp`] is a server of its own
//! for every repository below a folder: it keeps a log of requests, can ask for a token, and applies one queued
//! [`Fault`] to each request as it comes.

use std::{
    collections::VecDeque,
    io::Read as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::{
    io::AsyncWriteExt as _,
    net::TcpListener,
    process::{Child, Command},
    sync::watch,
    task::JoinHandle,
};
use tokio_util::io::ReaderStream;

/// The largest request body that is read, in bytes.
const MAX_REQUEST_BYTES: usize = 16 << 20;

/// The largest answer that a fault can be applied to, in bytes.
const MAX_FAULTY_BYTES: usize = 1 << 30;

/// What goes wrong with one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing: lets one request pass, so that a later one fails.
    Pass,
    /// An answer with this status and no more than a line of text.
    Status(u16),
    /// 429 with a `Retry-After` of this many seconds.
    RateLimited {
        /// Seconds to wait.
        retry_after: u64,
    },
    /// The connection breaks after this many bytes of the body.
    Reset(usize),
    /// The body ends after this many bytes, as if that were all.
    Truncate(usize),
    /// The body ends this many bytes early, as if that were all. The same answer may be a few bytes longer or shorter
    /// each time, as git cuts it into packets, so its end is best counted from the end.
    CutEnd(usize),
    /// The lowest bit of the body's byte at this index is flipped; counted from the end if negative.
    FlipByte(isize),
    /// The status line and a few bytes come, then nothing more, without an end.
    Stall,
    /// The request waits, unanswered, until [`GitHttp::release`].
    Hold,
    /// A redirect to this base URL (scheme and authority) with the request's own path and query.
    Redirect(String),
}

/// One request as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path of the URL.
    pub path: String,
    /// The query of the URL, empty if there is none.
    pub query: String,
    /// The `Git-Protocol` header.
    pub protocol: Option<String>,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// Bytes of the answer's body that were sent so far.
    pub bytes: u64,
}

#[derive(Default)]
struct Log {
    entries: Vec<(RecordedRequest, Arc<AtomicU64>)>,
}

/// Requests that are held back.
#[derive(Default)]
struct Held {
    count: usize,
    releases: u64,
}

struct Shared {
    root: PathBuf,
    held: watch::Sender<Held>,
    log: Mutex<Log>,
    faults: Mutex<VecDeque<Fault>>,
    token: Mutex<Option<String>>,
    version_ignored: AtomicBool,
}

/// A server for the bare repositories below one folder. It stops when it is dropped.
pub struct GitHttp {
    shared: Arc<Shared>,
    address: SocketAddr,
    server: JoinHandle<()>,
}

impl GitHttp {
    /// Serves every repository below `root` on a free port of the loopback address.
    pub async fn start(root: &Path) -> Self {
        let shared = Arc::new(Shared {
            root: root.to_owned(),
            held: watch::Sender::default(),
            log: Mutex::default(),
            faults: Mutex::default(),
            token: Mutex::default(),
            version_ignored: AtomicBool::new(false),
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the listener stays open");
        });
        Self { shared, address, server }
    }

    /// The scheme and authority of the server, without a trailing slash.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The URL of the repository in the folder `name` below the root.
    pub fn url(&self, name: &str) -> String {
        format!("http://{}/{name}", self.address)
    }

    /// Asks for basic authentication with this password (any user) from now on.
    pub fn require_token(&self, token: &str) {
        *lock(&self.shared.token) = Some(token.to_owned());
    }

    /// Behaves like a server that does not know protocol version 2.
    pub fn ignore_protocol_version(&self) {
        self.shared.version_ignored.store(true, Ordering::SeqCst);
    }

    /// Queues a fault: the first unanswered request takes the first one.
    pub fn push_fault(&self, fault: Fault) {
        lock(&self.shared.faults).push_back(fault);
    }

    /// How many faults wait for a request.
    pub fn pending_faults(&self) -> usize {
        lock(&self.shared.faults).len()
    }

    /// Waits until a request is held back.
    pub async fn until_held(&self) {
        // The sender lives as long as we do.
        let _ = self.shared.held.subscribe().wait_for(|held| held.count > 0).await;
    }

    /// Lets the requests go on that are held back now.
    pub fn release(&self) {
        self.shared.held.send_modify(|held| *held = Held { count: 0, releases: held.releases + 1 });
    }

    /// The requests so far, oldest first.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        lock(&self.shared.log).entries.iter().map(with_bytes).collect()
    }

    /// The requests so far, oldest first, and forgets them.
    pub fn take_requests(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *lock(&self.shared.log)).entries.iter().map(with_bytes).collect()
    }
}

impl Drop for GitHttp {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn with_bytes((request, bytes): &(RecordedRequest, Arc<AtomicU64>)) -> RecordedRequest {
    RecordedRequest { bytes: bytes.load(Ordering::SeqCst), ..request.clone() }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Logs a request, checks its token, lets git answer it, and spoils the answer if a fault waits.
async fn answer(State(shared): State<Arc<Shared>>, mut request: Request) -> Response {
    let sent = Arc::new(AtomicU64::new(0));
    lock(&shared.log).entries.push((record(&request), Arc::clone(&sent)));
    let fault = lock(&shared.faults).pop_front().unwrap_or(Fault::Pass);
    if fault == Fault::Hold {
        hold(&shared).await;
    }
    let target = request.uri().to_string();
    if shared.version_ignored.load(Ordering::SeqCst) {
        request.headers_mut().remove("git-protocol");
    }
    let response = match early_answer(&fault, &target) {
        Some(response) => response,
        None if !authorized(&shared, request.headers()) => (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Basic realm=\"git\"")],
            "authentication required\n",
        )
            .into_response(),
        None => match repository_of(&shared.root, request.uri().path()) {
            Some(repository) => serve_git(repository, request).await,
            None => (StatusCode::NOT_FOUND, "no such repository\n").into_response(),
        },
    };
    counted(spoiled(response, fault).await, sent)
}

/// Waits until what is held back now is released.
async fn hold(shared: &Shared) {
    let releases = shared.held.borrow().releases;
    let mut held = shared.held.subscribe();
    shared.held.send_modify(|held| held.count += 1);
    let _ = held.wait_for(|held| held.releases > releases).await;
}

fn record(request: &Request) -> RecordedRequest {
    let text =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    RecordedRequest {
        method: request.method().to_string(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        protocol: text("git-protocol"),
        authorization: text("authorization"),
        bytes: 0,
    }
}

fn early_answer(fault: &Fault, target: &str) -> Option<Response> {
    match fault {
        Fault::Status(status) => {
            let status = StatusCode::from_u16(*status).expect("a fault has a valid status");
            Some((status, "a fault on demand\n").into_response())
        }
        Fault::RateLimited { retry_after } => Some(
            (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, retry_after.to_string())], "slow down\n")
                .into_response(),
        ),
        Fault::Redirect(base) => {
            let location = format!("{base}{target}");
            Some((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
        }
        _ => None,
    }
}

fn authorized(shared: &Shared, headers: &HeaderMap) -> bool {
    let Some(wanted) = lock(&shared.token).clone() else { return true };
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|value| BASE64.decode(value).ok())
        .and_then(|value| String::from_utf8(value).ok())
        .and_then(|value| value.split_once(':').map(|(_, password)| password == wanted))
        .unwrap_or(false)
}

/// The folder that a request's path names, if it is below the root and holds a repository.
fn repository_of(root: &Path, path: &str) -> Option<PathBuf> {
    let name = path.strip_suffix("/info/refs").or_else(|| path.strip_suffix("/git-upload-pack"))?;
    let name = name.trim_start_matches('/');
    if name.split('/').any(|part| part == ".." || part.is_empty()) {
        return None;
    }
    [root.join(name), root.join(name).join(".git")].into_iter().find(|path| path.join("HEAD").is_file())
}

/// Applies a fault to the body of an answer.
async fn spoiled(response: Response, fault: Fault) -> Response {
    if !matches!(
        fault,
        Fault::Reset(_) | Fault::Truncate(_) | Fault::CutEnd(_) | Fault::FlipByte(_) | Fault::Stall
    ) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = to_bytes(body, MAX_FAULTY_BYTES).await.expect("git answers to the end");
    let broken = || Err(std::io::Error::other("a reset on demand"));
    let body = match fault {
        Fault::Reset(bytes) => {
            let start = body.slice(..bytes.min(body.len()));
            // The pause between the two lets the start leave before the connection breaks.
            Body::from_stream(stream::iter([Ok(start)]).chain(stream::once(async move {
                tokio::task::yield_now().await;
                broken()
            })))
        }
        Fault::Truncate(bytes) => Body::from(body.slice(..bytes.min(body.len()))),
        Fault::CutEnd(bytes) => Body::from(body.slice(..body.len().saturating_sub(bytes))),
        Fault::FlipByte(index) => {
            let mut body = body.to_vec();
            let index = if index < 0 { body.len().checked_add_signed(index) } else { Some(index as usize) };
            let byte = index.and_then(|index| body.get_mut(index)).expect("the body has this byte");
            *byte ^= 1;
            Body::from(body)
        }
        _ => {
            let start: Result<Bytes, std::io::Error> = Ok(body.slice(..body.len().min(8)));
            Body::from_stream(stream::iter([start]).chain(stream::pending()))
        }
    };
    Response::from_parts(parts, body)
}

/// Counts a body's bytes as they are sent.
fn counted(response: Response, sent: Arc<AtomicU64>) -> Response {
    let (parts, body) = response.into_parts();
    let body = body.into_data_stream().inspect(move |chunk| {
        if let Ok(chunk) = chunk {
            sent.fetch_add(chunk.len() as u64, Ordering::SeqCst);
        }
    });
    Response::from_parts(parts, Body::from_stream(body))
}

/// Answers one smart HTTP request for the bare repository `repo`; the end of the path tells which.
///
/// Any commit of the repository may be asked for by id, as on GitHub. There is no check of any token.
pub async fn serve_git(repo: PathBuf, request: Request) -> Response {
    let path = request.uri().path();
    if path.ends_with("/info/refs") {
        if request.uri().query() != Some("service=git-upload-pack") {
            return (StatusCode::FORBIDDEN, "only git-upload-pack is served\n").into_response();
        }
        advertise(&repo, request.headers()).await
    } else if path.ends_with("/git-upload-pack") {
        upload_pack(&repo, request).await
    } else {
        (StatusCode::NOT_FOUND, "not a smart HTTP path\n").into_response()
    }
}

fn command(repo: &Path, headers: &HeaderMap, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    // One thread, so that the same request gives the same bytes.
    command
        .args(["-c", "pack.threads=1", "-c", "safe.directory=*", "-c", "uploadpack.allowAnySHA1InWant=true"])
        .args(["-c", "uploadpack.allowReachableSHA1InWant=true", "upload-pack", "--stateless-rpc"])
        .args(arguments)
        .arg(repo)
        .env_remove("GIT_DIR")
        .env_remove("GIT_PROTOCOL")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if let Some(version) = headers.get("git-protocol").and_then(|value| value.to_str().ok()) {
        command.env("GIT_PROTOCOL", version);
    }
    command
}

async fn advertise(repo: &Path, headers: &HeaderMap) -> Response {
    let output = command(repo, headers, &["--http-backend-info-refs"]).output().await;
    let output = output.expect("git runs");
    if !output.status.success() {
        return (StatusCode::INTERNAL_SERVER_ERROR, "git failed\n").into_response();
    }
    let mut body = Vec::new();
    let version_2 = output.stdout.get(4..13) == Some(b"version 2");
    if !version_2 {
        body.extend_from_slice(b"001e# service=git-upload-pack\n0000");
    }
    body.extend_from_slice(&output.stdout);
    let headers = [
        (header::CONTENT_TYPE, "application/x-git-upload-pack-advertisement"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, body).into_response()
}

async fn upload_pack(repo: &Path, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the request is too large\n").into_response();
    };
    let Some(body) = decoded(&parts.headers, body) else {
        return (StatusCode::BAD_REQUEST, "the request is not gzip\n").into_response();
    };
    let mut child = command(repo, &parts.headers, &[]).spawn().expect("git runs");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // Git may end before it has read everything, so a failed write is its business.
    let writer = tokio::spawn(async move {
        let _ = stdin.write_all(&body).await;
    });
    let stdout = child.stdout.take().expect("stdout is piped");
    // The child lives as long as the body does, so that a client that goes away ends it.
    let output = stream::unfold(
        (ReaderStream::with_capacity(stdout, 64 << 10), child, writer),
        |(mut output, child, writer): (_, Child, JoinHandle<()>)| async move {
            Some((output.next().await?, (output, child, writer)))
        },
    );
    let headers =
        [(header::CONTENT_TYPE, "application/x-git-upload-pack-result"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(output)).into_response()
}

fn decoded(headers: &HeaderMap, body: Bytes) -> Option<Bytes> {
    if headers.get(header::CONTENT_ENCODING).is_none_or(|encoding| encoding != "gzip") {
        return Some(body);
    }
    let mut plain = Vec::new();
    let limit = MAX_REQUEST_BYTES as u64;
    flate2::read::GzDecoder::new(&body[..]).take(limit).read_to_end(&mut plain).ok()?;
    Some(plain.into())
}
