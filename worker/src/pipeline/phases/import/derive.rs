//! Memory from files: entries that stayed the same are kept, so that only what changed is superseded.

use std::collections::HashMap;

use entities::{
    FileKind, MemoryKind, ObjectId, PathHash, TenantTx, blobs,
    temporal::{FileRow, MemoryEntryRow, OpenEntry},
};

use super::Import;
use crate::{
    error::SyncError,
    memory::Entry,
    pipeline::{Phase, Run},
};

/// Files looked at in one query.
const FILES_AT_ONCE: u64 = 400;

/// Content read at once, in bytes; a single file may be as large as the memory settings allow.
const BYTES_AT_ONCE: i64 = 4 << 20;

/// Derives the memory of the files that the draft brings, or of all files if the rules changed.
pub(super) async fn derive(run: &Run) -> Result<(), SyncError> {
    let state = run.draft().state();
    let mut after = 0;
    loop {
        run.check()?;
        let reading = run.db.begin().await?;
        let files = state.files_after(&reading, after, FILES_AT_ONCE, !run.derive_all).await?;
        let Some(last) = files.last() else { return Ok(reading.commit().await?) };
        after = last.id;
        derive_page(run, reading, &files).await?;
        if (files.len() as u64) < FILES_AT_ONCE {
            return Ok(());
        }
    }
}

/// A file that memory is derived from.
struct Input<'a> {
    file: &'a FileRow,
    kind: MemoryKind,
    blob: ObjectId,
}

/// `reading` goes on where the files were read, and ends before anything is derived or told.
async fn derive_page(run: &Run, reading: TenantTx, files: &[FileRow]) -> Result<(), SyncError> {
    let inputs: Vec<Input<'_>> = files
        .iter()
        .filter(|file| matches!(file.mode.kind(), FileKind::File | FileKind::Executable))
        .filter_map(|file| Some(Input { file, kind: run.rules.kind_of(&file.path)?, blob: file.blob_id? }))
        .collect();
    // A branch's first sync has no entries yet but those of an earlier attempt, whose files are among the inputs.
    let is_first = run.draft().seq() == 1;
    let paths: Vec<PathHash> = if is_first {
        inputs.iter().map(|input| input.file.path_hash).collect()
    } else {
        files.iter().map(|file| file.path_hash).collect()
    };
    let mut open: HashMap<PathHash, Vec<OpenEntry>> = HashMap::new();
    for entry in run.draft().state().entries_of(&reading, &paths).await? {
        open.entry(entry.path_hash).or_default().push(entry);
    }
    let mut changes = Changes::default();
    let ids: Vec<ObjectId> = inputs.iter().map(|input| input.blob).collect();
    let sizes = blobs::sizes(&reading, &ids).await?;
    reading.commit().await?;
    let mut batch = Vec::new();
    let mut bytes = 0;
    for input in inputs {
        let size = sizes.get(&input.blob).copied().unwrap_or(i64::MAX);
        if size as u64 > run.settings.memory.max_file_bytes {
            warn_too_large(run, input.file, size).await;
            continue;
        }
        bytes += size;
        batch.push(input);
        if bytes >= BYTES_AT_ONCE {
            derive_batch(run, std::mem::take(&mut batch), &mut open, &mut changes).await?;
            bytes = 0;
        }
    }
    derive_batch(run, batch, &mut open, &mut changes).await?;
    // What is left was derived from something that is no source of memory any more.
    changes.close.extend(open.into_values().flatten().map(|entry| entry.id));
    changes.write(run).await
}

async fn warn_too_large(run: &Run, file: &FileRow, size: i64) {
    let path = String::from_utf8_lossy(&file.path);
    let limit = run.settings.memory.max_file_bytes;
    let message = format!("{path}: {size} bytes are above the limit of {limit} for memory; no entries");
    run.progress.warn(Import.name(), "memory-too-large", message).await;
}

/// What to close and add.
#[derive(Default)]
struct Changes {
    close: Vec<i64>,
    add: Vec<MemoryEntryRow>,
}

impl Changes {
    async fn write(self, run: &Run) -> Result<(), SyncError> {
        if self.close.is_empty() && self.add.is_empty() {
            return Ok(());
        }
        let transaction = run.begin().await?;
        run.draft().close_entries(&transaction, &self.close).await?;
        run.draft().add_entries(&transaction, &self.add).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn derive_batch(
    run: &Run,
    inputs: Vec<Input<'_>>,
    open: &mut HashMap<PathHash, Vec<OpenEntry>>,
    changes: &mut Changes,
) -> Result<(), SyncError> {
    if inputs.is_empty() {
        return Ok(());
    }
    let ids: Vec<ObjectId> = inputs.iter().map(|input| input.blob).collect();
    let contents: HashMap<ObjectId, Vec<u8>> = blobs::contents(&run.db, &ids)
        .await?
        .into_iter()
        .map(|content| (content.blob_id, content.content))
        .collect();
    for input in inputs {
        // A content that is not stored is above the content limit; the user has been told.
        let Some(content) = contents.get(&input.blob) else { continue };
        let derived = run.rules.derive(&input.file.path, input.kind, content);
        for warning in derived.warnings {
            let message = format!("{}: {warning}", String::from_utf8_lossy(&input.file.path));
            run.progress.warn(Import.name(), "memory", message).await;
        }
        let mut before: HashMap<PathHash, OpenEntry> = open
            .remove(&input.file.path_hash)
            .unwrap_or_default()
            .into_iter()
            .map(|entry| (entry.key_hash, entry))
            .collect();
        for entry in derived.entries {
            let row = row(input.file, input.kind, entry);
            match before.remove(&PathHash::of(row.entry_key.as_bytes())) {
                Some(old) if is_same(&old, &row) => {}
                old => {
                    changes.close.extend(old.map(|old| old.id));
                    changes.add.push(row);
                }
            }
        }
        changes.close.extend(before.into_values().map(|entry| entry.id));
    }
    Ok(())
}

fn row(file: &FileRow, kind: MemoryKind, entry: Entry) -> MemoryEntryRow {
    MemoryEntryRow {
        kind,
        entry_key: entry.key,
        path: file.path.clone(),
        title: entry.title,
        heading_path: entry.heading_path,
        dated_at: entry.date,
        body: entry.body,
    }
}

/// Whether an entry says the same as before.
fn is_same(old: &OpenEntry, new: &MemoryEntryRow) -> bool {
    old.content_hash == entities::ContentHash::of(&new.body)
        && old.kind == new.kind
        && old.title == new.title
        && old.dated_at == new.dated_at
        && old.heading_path == serde_json::json!(new.heading_path)
}
