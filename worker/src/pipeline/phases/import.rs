//! Fetches the contents that are not stored yet, and derives memory from the files that changed.

use std::collections::HashSet;

use async_trait::async_trait;
use bus::Unit;
use entities::{
    ContentKind, ObjectId, OfTenant,
    blobs::{self, KnownBlob},
};
use source::{Blob, SourceError, WantedBlob};
use tokio::sync::mpsc;

use crate::{
    error::SyncError,
    pipeline::{Next, Phase, Run},
};

mod derive;

/// Blobs on their way from the source to the database: a few, since each may be as large as the content limit.
const BLOBS_IN_FLIGHT: usize = 4;

/// Contents written in one statement, whichever comes first.
const BLOBS_PER_STATEMENT: usize = 500;
const BYTES_PER_STATEMENT: usize = 4 << 20;

/// The most files above the content limit that are told one by one.
const MAX_UNSTORED_TOLD: u64 = 20;

/// A text shorter than this that begins with [`LFS_SIGNATURE`] is a pointer (git-lfs `docs/spec.md`).
const MAX_LFS_POINTER_BYTES: usize = 1_024;
const LFS_SIGNATURE: &[u8] = b"version https://git-lfs.github.com/spec/";

/// See the module.
pub struct Import;

#[async_trait]
impl Phase for Import {
    fn name(&self) -> &'static str {
        "import"
    }

    async fn run(&self, run: &mut Run) -> Result<Next, SyncError> {
        if run.snapshot.is_some() {
            let Missing { total, first, unstored } = Missing::find(run).await?;
            run.counts.blobs_fetched += fetch(run, total, first).await? as i64;
            tell_unstored(run, &unstored).await;
            // What the source holds open is not needed any more.
            run.snapshot = None;
        }
        derive::derive(run).await?;
        Ok(Next::Continue)
    }
}

/// What the drafted files need and the database has not. What an earlier attempt stored is not among it.
struct Missing {
    /// How many contents are to be fetched.
    total: u64,
    /// The first of them, each with the row that needs it; all if they are fewer than a batch.
    first: Vec<(i64, KnownBlob)>,
    /// The first files whose content is above the limit, with its size; one more than are told.
    unstored: Vec<(Vec<u8>, i64)>,
}

impl Missing {
    async fn find(run: &Run) -> Result<Self, SyncError> {
        let limit = run.settings.source.max_content_bytes as i64;
        let (branch, seq) = (run.branch.id, run.draft().seq());
        let reading = run.db.begin().await?;
        let total = blobs::count_without_content(&reading, branch, seq, limit).await?;
        let first = if total > 0 { batch_after(run, &reading, 0).await? } else { Vec::new() };
        let unstored = blobs::above_limit(&reading, branch, seq, limit, MAX_UNSTORED_TOLD + 1).await?;
        reading.commit().await?;
        Ok(Self { total, first, unstored })
    }
}

/// A batch of what is to be fetched, of the rows after this one.
async fn batch_after(run: &Run, db: &impl OfTenant, after: i64) -> Result<Vec<(i64, KnownBlob)>, SyncError> {
    let limit = run.settings.source.max_content_bytes as i64;
    let batch = run.snapshot()?.preferred_batch() as u64;
    Ok(blobs::without_content(db, run.branch.id, run.draft().seq(), after, limit, batch).await?)
}

/// Fetches and stores contents, `total` of them, those of `page` first.
async fn fetch(run: &Run, total: u64, mut page: Vec<(i64, KnownBlob)>) -> Result<u64, SyncError> {
    let snapshot = run.snapshot()?;
    let mut done = 0;
    loop {
        let Some((last, _)) = page.last() else { return Ok(done) };
        let after = *last;
        let mut seen = HashSet::with_capacity(page.len());
        let wanted: Vec<WantedBlob> = page
            .iter()
            .filter(|(_, blob)| seen.insert(blob.id))
            .map(|(_, blob)| WantedBlob { id: blob.id, size: blob.size as u64 })
            .collect();
        let expected = wanted.len() as u64;
        let (sender, receiver) = mpsc::channel(BLOBS_IN_FLIGHT);
        let reading = async { snapshot.blobs(wanted, sender, &run.context).await.map_err(SyncError::from) };
        // A failure of the store closes the channel, which the source reports as a cancellation; the store's own error
        // is the one to tell.
        let (read, stored) = tokio::join!(reading, store(run, receiver, done, total));
        let stored = stored?;
        read?;
        if stored != expected {
            return Err(SourceError::Corrupt(format!("{stored} of {expected} contents arrived")).into());
        }
        done += stored;
        if page.len() < snapshot.preferred_batch() {
            return Ok(done);
        }
        page = batch_after(run, &run.db, after).await?;
    }
}

/// Stores blobs as they come, some at a time.
async fn store(
    run: &Run,
    mut receiver: mpsc::Receiver<Blob>,
    done_before: u64,
    total: u64,
) -> Result<u64, SyncError> {
    let mut stored = 0;
    let mut batch: Vec<(ObjectId, ContentKind, Vec<u8>)> = Vec::new();
    let mut bytes = 0;
    while let Some(blob) = receiver.recv().await {
        bytes += blob.data.len();
        batch.push((blob.id, content_kind(&blob.data), blob.data.into()));
        if batch.len() >= BLOBS_PER_STATEMENT || bytes >= BYTES_PER_STATEMENT {
            stored += write(run, std::mem::take(&mut batch)).await?;
            bytes = 0;
            run.progress.update(Import.name(), done_before + stored, Some(total), Unit::Blobs);
        }
    }
    stored += write(run, batch).await?;
    run.progress.update(Import.name(), done_before + stored, Some(total), Unit::Blobs);
    Ok(stored)
}

async fn write(run: &Run, batch: Vec<(ObjectId, ContentKind, Vec<u8>)>) -> Result<u64, SyncError> {
    run.check()?;
    let count = batch.len() as u64;
    let transaction = run.begin().await?;
    blobs::store(&transaction, batch).await?;
    transaction.commit().await?;
    Ok(count)
}

/// What bytes are.
fn content_kind(bytes: &[u8]) -> ContentKind {
    if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() {
        ContentKind::Binary
    } else if bytes.len() < MAX_LFS_POINTER_BYTES && bytes.starts_with(LFS_SIGNATURE) {
        ContentKind::Lfs
    } else {
        ContentKind::Text
    }
}

/// Tells the user which files are kept without their content.
async fn tell_unstored(run: &Run, files: &[(Vec<u8>, i64)]) {
    let limit = run.settings.source.max_content_bytes;
    for (path, size) in files.iter().take(MAX_UNSTORED_TOLD as usize) {
        let path = String::from_utf8_lossy(path);
        let message =
            format!("{path}: {size} bytes are above the limit of {limit}; the content is not stored");
        run.progress.warn(Import.name(), "content-not-stored", message).await;
    }
    if files.len() as u64 > MAX_UNSTORED_TOLD {
        let message = format!("more files are above the limit of {limit} bytes; their content is not stored");
        run.progress.warn(Import.name(), "content-not-stored", message).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_text_binary_and_pointers_apart() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
        for (bytes, kind) in [
            (&b""[..], ContentKind::Text),
            ("na\u{ef}ve\r\n".as_bytes(), ContentKind::Text),
            (b"na\xefve", ContentKind::Binary),
            (b"a\0b", ContentKind::Binary),
            (pointer, ContentKind::Lfs),
        ] {
            assert_eq!(content_kind(bytes), kind, "{bytes:?}");
        }
    }
}
