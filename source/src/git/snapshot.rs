//! One commit out of a fetched pack.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use entities::ObjectId;
use gix::objs::Kind;
use tokio::sync::mpsc;

use super::{
    blobs::{self, ReadBlob},
    blocking, commit,
    pack::{Decoder, Pack},
    tree,
};
use crate::{Blob, CommitInfo, Snapshot, SourceContext, SourceError, WantedBlob, object::TreeEntry};

/// A commit and what the pack holds of its content.
pub(super) struct PackSnapshot {
    pack: Arc<Pack>,
    commit: CommitInfo,
    /// Whether the pack leaves out what the caller said it has.
    is_partial: bool,
    trees: Arc<Mutex<Decoder>>,
}

impl PackSnapshot {
    /// Shows the commit `id` out of `pack`. A pack without it is corrupt.
    pub(super) fn new(pack: Pack, id: ObjectId, is_partial: bool) -> Result<Self, SourceError> {
        let mut decoder = Decoder::open(&pack)?;
        let index = pack
            .find(id)
            .ok_or_else(|| SourceError::Corrupt("the pack lacks the commit that was asked for".into()))?;
        let commit = commit::read(id, &decoder.decode(&pack, index)?)?;
        tracing::debug!(commit = %id, objects = pack.len(), "opened a fetched pack");
        Ok(Self { pack: Arc::new(pack), commit, is_partial, trees: Arc::new(Mutex::new(decoder)) })
    }
}

#[async_trait]
impl Snapshot for PackSnapshot {
    fn commit(&self) -> &CommitInfo {
        &self.commit
    }

    async fn tree(&self, id: ObjectId) -> Result<Option<Vec<TreeEntry>>, SourceError> {
        if id == ObjectId::EMPTY_TREE {
            return Ok(Some(Vec::new()));
        }
        let Some(index) = self.pack.find(id) else {
            return if self.is_partial { Ok(None) } else { Err(SourceError::Missing(id)) };
        };
        let (pack, trees) = (Arc::clone(&self.pack), Arc::clone(&self.trees));
        blocking("read a tree", move || {
            let mut decoder = trees.lock().unwrap_or_else(PoisonError::into_inner);
            let (kind, _) = pack.kind_and_size(index);
            tree::read(id, kind, &decoder.decode(&pack, index)?).map(Some)
        })
        .await
    }

    async fn blob_sizes(&self, ids: &[ObjectId]) -> Result<Vec<Option<u64>>, SourceError> {
        let size = |id: &ObjectId| {
            let (kind, size) = self.pack.kind_and_size(self.pack.find(*id)?);
            (kind == Some(Kind::Blob)).then_some(size)
        };
        Ok(ids.iter().map(size).collect())
    }

    async fn blobs(
        &self,
        wanted: Vec<WantedBlob>,
        blobs: mpsc::Sender<Blob>,
        context: &SourceContext,
    ) -> Result<(), SourceError> {
        let place = |blob: &WantedBlob| {
            let index = self.pack.find(blob.id).ok_or(SourceError::Missing(blob.id))?;
            Ok((index, blob.id))
        };
        let mut places = wanted.iter().map(place).collect::<Result<Vec<_>, SourceError>>()?;
        places.sort_unstable();
        places.dedup();
        let ids = places.into_iter().map(|(_, id)| id).collect();
        let pack = Arc::clone(&self.pack);
        let open = move || Ok(PackReader { decoder: Decoder::open(&pack)?, pack: Arc::clone(&pack) });
        blobs::send_all(ids, open, blobs, context).await
    }
}

struct PackReader {
    decoder: Decoder,
    pack: Arc<Pack>,
}

impl ReadBlob for PackReader {
    fn read_blob(&mut self, id: ObjectId) -> Result<Bytes, SourceError> {
        let index = self.pack.find(id).ok_or(SourceError::Missing(id))?;
        self.decoder.decode(&self.pack, index)
    }
}
