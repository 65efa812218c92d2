//! Fetches the contents that are not stored yet, and derives memory from the files that changed.

use std::collections::HashSet;

use async_trait::async_trait;
use bus::Unit;
use entities::{ContentKind, ObjectId, blobs};
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
            let fetched = fetch(run).await?;
            run.counts.blobs_fetched += fetched as i64;
            tell_unstored(run).await?;
            // What the source holds open is not needed any more.
            run.snapshot = None;
        }
        derive::derive(run).await?;
        Ok(Next::Continue)
    }
}

/// Fetches and stores what the drafted files need. What an earlier attempt stored is not asked for again.
async fn fetch(run: &Run) -> Result<u64, SyncError> {
    let snapshot = run.snapshot()?;
    let limit = run.settings.source.max_content_bytes as i64;
    let seq = run.draft().seq();
    let total = blobs::count_without_content(&run.db, run.branch.id, seq, limit).await?;
    if total == 0 {
        return Ok(0);
    }
    let mut done = 0;
    let mut after = 0;
    loop {
        let page = blobs::without_content(
            &run.db,
            run.branch.id,
            seq,
            after,
            limit,
            snapshot.preferred_batch() as u64,
        )
        .await?;
        let Some((last, _)) = page.last() else { return Ok(done) };
        after = *last;
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
async fn tell_unstored(run: &Run) -> Result<(), SyncError> {
    let limit = run.settings.source.max_content_bytes;
    let seq = run.draft().seq();
    let files = blobs::above_limit(&run.db, run.branch.id, seq, limit as i64, MAX_UNSTORED_TOLD + 1).await?;
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
    Ok(())
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
