//! Repositories over smart HTTP.
//!
//! Finding a head takes two requests, `GET info/refs` and `ls-refs` (one where the server only speaks the first version
//! of the protocol); opening it takes one more, whatever the repository's size and however much changed.

use std::{
    io::Read,
    path::PathBuf,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::{Buf, Bytes};
use entities::ObjectId;
use reqwest::{Response, Url, header::CONTENT_TYPE};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    pack::{self, Limits},
    pktline::Packets,
    protocol::{self, Advertisement, WantedRefs},
    refs::RefList,
    snapshot::PackSnapshot,
    transport::{Transport, host},
};
use crate::{
    BranchHead, Haves, Head, KnownHead, MAX_HAVES, Snapshot, Source, SourceContext, SourceError,
    access::Access,
    retry::RetryPolicy,
    settings::{Secret, SourceSettings},
};

/// The largest list of references that is read, in bytes: about half a million branches.
const MAX_REFS_BYTES: usize = 64 << 20;

/// How long what a server said about itself is taken to hold.
const HANDSHAKE_LIFE: Duration = Duration::from_secs(300);

/// Parts of a pack that may wait between the network and the disk; each is at most a few tens of kilobytes.
const CHUNKS_AHEAD: usize = 32;

/// Branch names above this many bytes are not asked for: no packet line nor file system takes them.
const MAX_BRANCH_BYTES: usize = 4_096;

/// A repository behind a URL, spoken to in git's own protocol.
pub struct SmartHttp {
    transport: Transport,
    retry: RetryPolicy,
    max_pack_bytes: u64,
    max_pack_objects: u32,
    max_unpacked_bytes: u64,
    scratch: PathBuf,
    handshake: Mutex<Option<Arc<Handshake>>>,
}

/// What a server said when it was first asked, and where it is after redirects.
struct Handshake {
    at: Instant,
    base: Url,
    advertisement: Advertisement,
}

impl SmartHttp {
    /// A client for the repository at `url` (`http` or `https`). The token goes to that origin only. Nothing is sent.
    pub fn new(url: &str, token: Option<&Secret>, settings: &SourceSettings) -> Result<Self, SourceError> {
        Self::with_access(url, token.cloned().into(), settings)
    }

    /// A client that asks in this name.
    pub(crate) fn with_access(
        url: &str,
        access: Access,
        settings: &SourceSettings,
    ) -> Result<Self, SourceError> {
        Ok(Self {
            transport: Transport::new(url, access, settings)?,
            retry: settings.retry_policy(),
            max_pack_bytes: settings.max_pack_bytes,
            max_pack_objects: settings.max_pack_objects,
            max_unpacked_bytes: settings.max_unpacked_bytes,
            scratch: settings.scratch.clone().unwrap_or_else(std::env::temp_dir),
            handshake: Mutex::new(None),
        })
    }

    /// Opens a commit whose id is known, less what the `haves` reach. Two requests; one if the server was asked for
    /// something within the last minutes.
    ///
    /// A commit that the server does not have, or no longer serves, is [`SourceError::CommitGone`].
    pub async fn fetch(
        &self,
        commit: ObjectId,
        haves: &Haves,
        context: &SourceContext,
    ) -> Result<Box<dyn Snapshot>, SourceError> {
        let handshake = match self.fresh_handshake() {
            Some(handshake) => handshake,
            None => self.shake_hands(context).await?,
        };
        // What is opened must be in the pack, so it is not offered as known.
        let mut haves = haves.clone();
        haves.commits.retain(|have| *have != commit);
        haves.commits.truncate(MAX_HAVES);
        let mut attempt = 1;
        loop {
            let error = match self.fetch_once(&handshake, commit, &haves, context).await {
                Ok(snapshot) => return Ok(Box::new(snapshot)),
                // No later attempt brings it back; whoever asked has to look where the branch is now.
                Err(error @ SourceError::CommitGone(_)) => return Err(error),
                Err(error) => error,
            };
            if matches!(error, SourceError::Corrupt(_) | SourceError::Server { .. }) {
                // Perhaps it is not the line: a server refuses where nothing was committed since the time given. After
                // that it may be its idea of what can be left out.
                if haves.since.take().is_none() && attempt > 1 {
                    haves.commits.clear();
                }
            }
            self.retry.pause_after(error, &mut attempt, context).await?;
        }
    }

    /// HEAD and branches, as many as are needed to answer.
    async fn refs(&self, wanted: WantedRefs<'_>, context: &SourceContext) -> Result<RefList, SourceError> {
        let handshake = self.shake_hands(context).await?;
        self.refs_after(&handshake, wanted, context).await
    }

    async fn refs_after(
        &self,
        handshake: &Handshake,
        wanted: WantedRefs<'_>,
        context: &SourceContext,
    ) -> Result<RefList, SourceError> {
        let capabilities = match &handshake.advertisement {
            Advertisement::V0(_, list) => return Ok(list.clone()),
            Advertisement::V2(capabilities) => capabilities,
        };
        let message = Bytes::from(protocol::ls_refs(capabilities, wanted));
        let mut attempt = 1;
        loop {
            match self.refs_once(handshake, message.clone(), context).await {
                Ok(list) => return Ok(list),
                Err(error) => self.retry.pause_after(error, &mut attempt, context).await?,
            }
        }
    }

    async fn refs_once(
        &self,
        handshake: &Handshake,
        message: Bytes,
        context: &SourceContext,
    ) -> Result<RefList, SourceError> {
        let response = self.upload_pack(handshake, message, context).await?;
        let body = self.transport.body(response, MAX_REFS_BYTES, context).await?;
        protocol::read_refs(&body, |message| self.told(&handshake.base, None, message))
    }

    fn fresh_handshake(&self) -> Option<Arc<Handshake>> {
        let handshake = self.handshake.lock().unwrap_or_else(PoisonError::into_inner).clone();
        handshake.filter(|handshake| handshake.at.elapsed() < HANDSHAKE_LIFE)
    }

    /// Asks the server what it speaks.
    async fn shake_hands(&self, context: &SourceContext) -> Result<Arc<Handshake>, SourceError> {
        let mut attempt = 1;
        let handshake = loop {
            match self.shake_hands_once(context).await {
                Ok(handshake) => break Arc::new(handshake),
                Err(error) => self.retry.pause_after(error, &mut attempt, context).await?,
            }
        };
        *self.handshake.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&handshake));
        Ok(handshake)
    }

    async fn shake_hands_once(&self, context: &SourceContext) -> Result<Handshake, SourceError> {
        let mut url = below(self.transport.home(), "info/refs");
        url.set_query(Some("service=git-upload-pack"));
        let response = self.transport.send(url, None, context).await?;
        if !has_type(&response, "application/x-git-upload-pack-advertisement") {
            return Err(self.transport.not_git());
        }
        let mut base = response.url().clone();
        let path = base.path().strip_suffix("/info/refs").map(str::to_owned);
        base.set_path(&path.ok_or_else(|| self.transport.not_git())?);
        base.set_query(None);
        let body = self.transport.body(response, MAX_REFS_BYTES, context).await?;
        let advertisement = protocol::read_advertisement(&body, |message| self.told(&base, None, message))?;
        Ok(Handshake { at: Instant::now(), base, advertisement })
    }

    async fn upload_pack(
        &self,
        handshake: &Handshake,
        message: Bytes,
        context: &SourceContext,
    ) -> Result<Response, SourceError> {
        let url = below(&handshake.base, "git-upload-pack");
        let body = ("application/x-git-upload-pack-request", message);
        let response = self.transport.send(url, Some(body), context).await?;
        if !has_type(&response, "application/x-git-upload-pack-result") {
            return Err(SourceError::Corrupt("the server's answer is not git's".into()));
        }
        Ok(response)
    }

    /// One attempt to fetch. The network is read here, where it can be cancelled; bytes are handed to a thread that
    /// unpacks them as they come, over a short queue that slows the network down to the disk's pace.
    async fn fetch_once(
        &self,
        handshake: &Handshake,
        commit: ObjectId,
        haves: &Haves,
        context: &SourceContext,
    ) -> Result<PackSnapshot, SourceError> {
        let message = Bytes::from(protocol::fetch(&handshake.advertisement, commit, haves)?);
        let mut response = self.upload_pack(handshake, message, context).await?;
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        let unpacking = self.unpack(chunks, commit, !haves.commits.is_empty(), context);
        let transferred = self.transfer(&mut response, sender, context).await;
        let unpacked = unpacking.await.unwrap_or_else(|error| {
            Err(SourceError::io("unpack what was fetched")(std::io::Error::other(error)))
        });
        match (unpacked, transferred) {
            (Ok(Ok(snapshot)), _) => Ok(snapshot),
            // A line that broke explains why the pack is incomplete.
            (_, Err(error)) => Err(error),
            (Ok(Err(message)), Ok(())) => Err(self.told(&handshake.base, Some(commit), message)),
            (Err(error), Ok(())) => Err(error),
        }
    }

    /// Unpacks on a thread of its own. The inner error is a message of the server's in place of a pack.
    fn unpack(
        &self,
        chunks: mpsc::Receiver<Bytes>,
        commit: ObjectId,
        is_partial: bool,
        context: &SourceContext,
    ) -> JoinHandle<Result<Result<PackSnapshot, String>, SourceError>> {
        let (scratch, max_bytes, cancel) =
            (self.scratch.clone(), self.max_pack_bytes, context.cancel().clone());
        let (max_objects, max_unpacked_bytes) = (self.max_pack_objects, self.max_unpacked_bytes);
        tokio::task::spawn_blocking(move || {
            let packets = Packets::new(Chunks { queue: chunks, current: Bytes::new() });
            let input = match protocol::skip_to_pack(packets)? {
                Ok(input) => input,
                Err(message) => return Ok(Err(message)),
            };
            let limits =
                Limits { scratch: &scratch, max_bytes, max_objects, max_unpacked_bytes, cancel: &cancel };
            let pack = pack::receive(input, &limits)?;
            PackSnapshot::new(pack, commit, is_partial).map(Ok)
        })
    }

    /// Moves the answer's body into the queue until it ends or nobody wants more.
    async fn transfer(
        &self,
        response: &mut Response,
        sender: mpsc::Sender<Bytes>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        while let Some(chunk) = self.transport.chunk(response, context).await? {
            if sender.send(chunk).await.is_err() {
                break;
            }
        }
        Ok(())
    }

    /// What a message of the server's in place of an answer means.
    fn told(&self, base: &Url, commit: Option<ObjectId>, message: String) -> SourceError {
        let lower = message.to_lowercase();
        match commit {
            Some(commit)
                if ["not our ref", "unadvertised object", "no such commit"]
                    .iter()
                    .any(|p| lower.contains(p)) =>
            {
                SourceError::CommitGone(commit)
            }
            None if lower.contains("not found") || lower.contains("not exported") => {
                self.transport.not_found()
            }
            _ => SourceError::Server { host: host(base), status: 200, reason: message },
        }
    }
}

/// The URL of something in the repository at `base`.
fn below(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{name}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn has_type(response: &Response, wanted: &str) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|found| found == wanted)
}

/// The bytes of a queue of chunks. Reading waits for the next one.
struct Chunks {
    queue: mpsc::Receiver<Bytes>,
    current: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.current.is_empty() {
            match self.queue.blocking_recv() {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// A repository behind a URL, as a source.
pub(super) struct RemoteSource {
    url: String,
    settings: SourceSettings,
    /// Made at first use, because making it can fail.
    http: OnceLock<SmartHttp>,
}

impl RemoteSource {
    pub(super) fn new(url: &str, settings: &SourceSettings) -> Self {
        Self { url: url.to_owned(), settings: settings.clone(), http: OnceLock::new() }
    }

    fn http(&self) -> Result<&SmartHttp, SourceError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = SmartHttp::new(&self.url, self.settings.token.as_ref(), &self.settings)?;
        Ok(self.http.get_or_init(|| http))
    }
}

#[async_trait]
impl Source for RemoteSource {
    async fn branches(&self, context: &SourceContext) -> Result<Vec<BranchHead>, SourceError> {
        Ok(self.http()?.refs(WantedRefs::All, context).await?.into_branches())
    }

    async fn head(
        &self,
        branch: Option<&str>,
        _known: Option<&KnownHead>,
        context: &SourceContext,
    ) -> Result<Head, SourceError> {
        let http = self.http()?;
        let wanted = match branch {
            Some(name) if name.len() <= MAX_BRANCH_BYTES && !name.contains(char::is_control) => {
                WantedRefs::Branch(name)
            }
            Some(_) => WantedRefs::All,
            None => WantedRefs::Head,
        };
        let picked = match http.refs(wanted, context).await?.pick(branch) {
            // The few references that were asked for cannot tell why, nor what is near.
            Err(SourceError::BranchNotFound { .. } | SourceError::EmptyRepository) => {
                let handshake = http.fresh_handshake();
                let handshake = match handshake {
                    Some(handshake) => handshake,
                    None => http.shake_hands(context).await?,
                };
                http.refs_after(&handshake, WantedRefs::All, context).await?.pick(branch)
            }
            picked => picked,
        };
        let (branch, commit) = picked?;
        Ok(Head { branch, commit, tree: None, validator: None })
    }

    async fn open(
        &self,
        head: &Head,
        haves: &Haves,
        context: &SourceContext,
    ) -> Result<Box<dyn Snapshot>, SourceError> {
        self.http()?.fetch(head.commit, haves, context).await
    }
}
