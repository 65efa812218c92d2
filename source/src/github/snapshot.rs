//! One commit, read over the REST API.
//!
//! Trees come as recursive listings, regrouped and proven ([`super::listing`]); where a listing is cut, the directories
//! that it did not prove are listed one by one, and only when the pipeline asks for them. Blobs come one by one, or
//! out of one archive if there are many ([`super::archive`]).

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_trait::async_trait;
use entities::ObjectId;
use futures::{FutureExt as _, StreamExt as _, stream};
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::{
    answers::TreeAnswer,
    api::{Api, Call, JSON, RAW, Reply},
    archive::{self, Bounds, Remaining},
    listing::{Regrouped, regroup},
};
use crate::{
    Blob, CommitInfo, Snapshot, SourceContext, SourceError, WantedBlob,
    object::{TreeEntry, blob_id},
    settings::SourceSettings,
};

/// The largest listing that is read, in bytes of JSON. GitHub cuts at 100,000 entries or 7 MB of names and ids, which
/// its URLs blow up about fourfold.
const MAX_LISTING_BYTES: u64 = 128 << 20;

/// A blob's body may be this many bytes even if its listing told a smaller size: an error page fits, and is then seen
/// to be none of the blob's bytes.
const LEAST_BLOB_BYTES: u64 = 64 << 10;

/// The most headers that an archive has for each entry of the tree: its own, and those for attributes, long names and
/// long links.
const HEADERS_PER_ENTRY: usize = 4;

/// A commit whose trees and blobs are asked for over REST.
pub(super) struct RestSnapshot {
    api: Arc<Api>,
    /// `/repos/{owner}/{repo}`
    repository: String,
    commit: CommitInfo,
    settings: SourceSettings,
    context: SourceContext,
    known: AsyncMutex<Known>,
}

/// What the listings so far proved.
#[derive(Default)]
struct Known {
    trees: HashMap<ObjectId, Vec<TreeEntry>>,
    sizes: HashMap<ObjectId, u64>,
    entries: usize,
}

/// A listing's outcome.
struct Listed {
    regrouped: Regrouped,
    entries: usize,
    truncated: bool,
}

impl RestSnapshot {
    pub(super) fn new(
        api: Arc<Api>,
        repository: String,
        commit: CommitInfo,
        settings: &SourceSettings,
        context: &SourceContext,
    ) -> Self {
        Self {
            api,
            repository,
            commit,
            settings: settings.clone(),
            context: context.clone(),
            known: AsyncMutex::default(),
        }
    }

    /// Lists a tree, with those below it if that comes over whole, and keeps what is proven.
    async fn load(&self, id: ObjectId, known: &mut Known) -> Result<(), SourceError> {
        let deep = self.list(id, true).await?;
        let proven = deep.regrouped.trees.contains_key(&id);
        if deep.truncated || !proven {
            tracing::debug!(tree = %id, truncated = deep.truncated, proven, "a listing did not come over whole");
        }
        self.keep(deep, known)?;
        if !proven {
            let flat = self.list(id, false).await?;
            self.keep(flat, known)?;
        }
        Ok(())
    }

    async fn list(&self, id: ObjectId, recursive: bool) -> Result<Listed, SourceError> {
        let query = if recursive { "?recursive=1" } else { "" };
        let path = format!("{}/git/trees/{id}{query}", self.repository);
        let call = Call { path: &path, accept: JSON, if_none_match: None, max_bytes: MAX_LISTING_BYTES };
        let read = |reply: &Reply| self.read_listing(reply, id, recursive);
        self.api.get(call, &self.context, read).await
    }

    fn read_listing(&self, reply: &Reply, id: ObjectId, recursive: bool) -> Result<Listed, SourceError> {
        self.found(reply, id)?;
        let answer: TreeAnswer<'_> = reply.json()?;
        let regrouped = regroup(id, &answer.tree);
        if !recursive && !regrouped.trees.contains_key(&id) {
            return Err(match regrouped.lossy {
                _ if answer.truncated => SourceError::TooLarge {
                    what: "one directory".into(),
                    limit: format!("{} entries that the server lists at once", answer.tree.len()),
                },
                true => SourceError::Unsupported(
                    "a file's name is not UTF-8, which GitHub's REST API cannot carry; \
                     use git's own protocol (--transfer git)"
                        .into(),
                ),
                false => SourceError::Corrupt(format!("the listing of tree {id} does not hash to its id")),
            });
        }
        Ok(Listed { regrouped, entries: answer.tree.len(), truncated: answer.truncated })
    }

    fn keep(&self, listed: Listed, known: &mut Known) -> Result<(), SourceError> {
        known.entries += listed.entries;
        if known.entries > self.settings.max_rest_entries {
            return Err(SourceError::TooLarge {
                what: "the repository's tree".into(),
                limit: format!("{} entries over REST", self.settings.max_rest_entries),
            });
        }
        known.trees.extend(listed.regrouped.trees);
        known.sizes.extend(listed.regrouped.sizes);
        Ok(())
    }

    /// Tells an object's absence from the absence of the whole commit.
    fn found(&self, reply: &Reply, id: ObjectId) -> Result<(), SourceError> {
        match reply.status.as_u16() {
            200 => Ok(()),
            409 => Err(SourceError::EmptyRepository),
            404 if id == self.commit.tree => Err(SourceError::CommitGone(self.commit.id)),
            _ => Err(SourceError::Missing(id)),
        }
    }

    /// Fetches one blob as it is.
    async fn raw(&self, wanted: WantedBlob, context: &SourceContext) -> Result<Blob, SourceError> {
        let path = format!("{}/git/blobs/{}", self.repository, wanted.id);
        let max_bytes = wanted.size.max(LEAST_BLOB_BYTES);
        let call = Call { path: &path, accept: RAW, if_none_match: None, max_bytes };
        let read = |reply: &Reply| {
            self.found(reply, wanted.id)?;
            if blob_id(&reply.body) != wanted.id {
                return Err(SourceError::Corrupt(format!(
                    "the bytes of blob {} do not hash to its id",
                    wanted.id
                )));
            }
            Ok(Blob { id: wanted.id, data: reply.body.clone() })
        };
        self.api.get(call, context, read).await
    }

    async fn raw_all(
        &self,
        wanted: Vec<WantedBlob>,
        blobs: &mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let requests = wanted.into_iter().map(|wanted| self.raw(wanted, context).boxed());
        let mut answers = stream::iter(requests).buffer_unordered(self.settings.rest_concurrency.max(1));
        while let Some(blob) = answers.next().await {
            blobs.send(blob?).await.map_err(|_| SourceError::Cancelled)?;
        }
        Ok(())
    }

    /// Streams the commit's archive and sends what is wanted of it. What is left in `remaining` was not in it.
    async fn archive(
        &self,
        remaining: &Remaining,
        blobs: &mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let path = format!("{}/tarball/{}", self.repository, self.commit.id);
        let call = Call { path: &path, accept: JSON, if_none_match: None, max_bytes: u64::MAX };
        let mut attempt = 1;
        loop {
            context.check()?;
            let streamed = tokio::select! {
                streamed = self.archive_once(call, remaining, blobs, context) => streamed,
                () = context.cancel().cancelled() => Err(SourceError::Cancelled),
            };
            match streamed {
                Err(error @ SourceError::CommitGone(_)) => return Err(error),
                Err(error) => self.api.policy().pause_after(error, &mut attempt, context).await?,
                Ok(()) => return Ok(()),
            }
        }
    }

    async fn archive_once(
        &self,
        call: Call<'_>,
        remaining: &Remaining,
        blobs: &mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let response = self.api.send(call, context).await?;
        if !response.status().is_success() {
            return Err(SourceError::CommitGone(self.commit.id));
        }
        let bounds = Bounds {
            max_bytes: self.settings.max_pack_bytes,
            max_unpacked_bytes: self.settings.max_unpacked_bytes,
            max_entries: self.settings.max_rest_entries.saturating_mul(HEADERS_PER_ENTRY),
        };
        archive::stream(response.into_body(), self.api.host(), bounds, remaining, blobs, context).await
    }
}

#[async_trait]
impl Snapshot for RestSnapshot {
    fn commit(&self) -> &CommitInfo {
        &self.commit
    }

    async fn tree(&self, id: ObjectId) -> Result<Option<Vec<TreeEntry>>, SourceError> {
        if id == ObjectId::EMPTY_TREE {
            return Ok(Some(Vec::new()));
        }
        let mut known = self.known.lock().await;
        if !known.trees.contains_key(&id) {
            self.load(id, &mut known).await?;
        }
        known.trees.get(&id).cloned().map(Some).ok_or(SourceError::Missing(id))
    }

    async fn blob_sizes(&self, ids: &[ObjectId]) -> Result<Vec<Option<u64>>, SourceError> {
        let known = self.known.lock().await;
        Ok(ids.iter().map(|id| known.sizes.get(id).copied()).collect())
    }

    async fn blobs(
        &self,
        mut wanted: Vec<WantedBlob>,
        blobs: mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let mut seen = HashSet::with_capacity(wanted.len());
        wanted.retain(|blob| seen.insert(blob.id));
        if wanted.len() > self.settings.rest_raw_blobs {
            let remaining = Remaining::new(&wanted);
            self.archive(&remaining, &blobs, context).await?;
            wanted = remaining.take();
            tracing::debug!(blobs = wanted.len(), "fetching what the archive did not hold as it is");
        }
        self.raw_all(wanted, &blobs, context).await
    }

    /// An archive holds everything, so that asking once is cheapest.
    fn preferred_batch(&self) -> usize {
        self.settings.max_rest_entries.max(1)
    }
}
