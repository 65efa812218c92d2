//! Blobs out of a commit's archive, as it streams by.
//!
//! An archive is what `git archive` makes of a commit: attributes may leave files out, rewrite them, or convert their
//! line ends. So nothing in it is believed; each file is hashed, and those whose hash is wanted are wanted blobs.

use std::{
    collections::{HashMap, HashSet},
    io::{self, Read},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::{Buf as _, Bytes};
use entities::ObjectId;
use flate2::read::GzDecoder;
use http_body_util::BodyExt as _;
use tar::{Archive, Entry, EntryType};
use tokio::sync::mpsc;

use super::{api::broken, transport::Body};
use crate::{Blob, SourceContext, SourceError, WantedBlob, object::blob_id};

/// Pieces of the archive that wait between the network and the thread that unpacks it.
const PIPE_PIECES: usize = 32;

/// The most bytes that an archive is unpacked to: a hundred of the largest repositories that GitHub advises.
const MAX_UNPACKED_BYTES: u64 = 1 << 39;

/// The wanted blobs that were not sent yet. Shared with the thread that unpacks.
#[derive(Clone)]
pub(super) struct Remaining(Arc<Mutex<HashMap<ObjectId, u64>>>);

impl Remaining {
    pub(super) fn new(wanted: &[WantedBlob]) -> Self {
        Self(Arc::new(Mutex::new(wanted.iter().map(|blob| (blob.id, blob.size)).collect())))
    }

    /// Those that are left, leaving none.
    pub(super) fn take(&self) -> Vec<WantedBlob> {
        self.lock().drain().map(|(id, size)| WantedBlob { id, size }).collect()
    }

    fn sizes(&self) -> HashSet<u64> {
        self.lock().values().copied().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ObjectId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Unpacks `body`, of at most `max_bytes`, as it arrives and sends what remains to be sent of it.
pub(super) async fn stream(
    body: Body,
    host: &str,
    max_bytes: u64,
    remaining: &Remaining,
    blobs: &mpsc::Sender<Blob>,
    context: &SourceContext,
) -> Result<(), SourceError> {
    let (pieces, pipe) = mpsc::channel(PIPE_PIECES);
    let (remaining, blobs) = (remaining.clone(), blobs.clone());
    let unpacking = tokio::task::spawn_blocking(move || unpack(Pipe::new(pipe), &remaining, &blobs));
    let fed = feed(body, host, max_bytes, pieces, context).await;
    let unpacked = unpacking.await.unwrap_or(Err(SourceError::Cancelled));
    // If the network broke, what the unpacker says follows from it.
    fed.and(unpacked)
}

/// Moves the body into the pipe. Ends early and well when the unpacker has had enough.
async fn feed(
    mut body: Body,
    host: &str,
    max_bytes: u64,
    pieces: mpsc::Sender<Bytes>,
    context: &SourceContext,
) -> Result<(), SourceError> {
    let mut received = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(host, &error))?;
        if let Ok(data) = frame.into_data() {
            context.traffic().add_bytes(data.len() as u64);
            received += data.len() as u64;
            if received > max_bytes {
                let limit = format!("{max_bytes} bytes");
                return Err(SourceError::TooLarge { what: "the archive".into(), limit });
            }
            if pieces.send(data).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

/// The reading end of the pipe, for a thread that may block. It ends when the other end is dropped, also in the middle:
/// the gzip format tells the difference.
struct Pipe {
    pieces: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Pipe {
    fn new(pieces: mpsc::Receiver<Bytes>) -> Self {
        Self { pieces, piece: Bytes::new() }
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let length = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}

fn unpack(pipe: Pipe, remaining: &Remaining, blobs: &mpsc::Sender<Blob>) -> Result<(), SourceError> {
    let sizes = remaining.sizes();
    let mut archive = Archive::new(GzDecoder::new(pipe).take(MAX_UNPACKED_BYTES));
    for entry in archive.entries().map_err(corrupt)? {
        let Some(data) = content(&mut entry.map_err(corrupt)?, &sizes).map_err(corrupt)? else {
            continue;
        };
        let id = blob_id(&data);
        if remaining.lock().remove(&id).is_none() {
            continue;
        }
        blobs.blocking_send(Blob { id, data: data.into() }).map_err(|_| SourceError::Cancelled)?;
        if remaining.lock().is_empty() {
            return Ok(());
        }
    }
    Ok(())
}

/// A file's bytes or a link's target, if their size is a wanted one.
fn content(entry: &mut Entry<'_, impl Read>, sizes: &HashSet<u64>) -> io::Result<Option<Vec<u8>>> {
    match entry.header().entry_type() {
        EntryType::Symlink => Ok(entry.link_name_bytes().map(|target| target.into_owned())),
        EntryType::Regular | EntryType::Continuous if sizes.contains(&entry.size()) => {
            // The size is a wanted one, so that it is no larger than the content that is stored.
            let mut data = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or_default());
            entry.read_to_end(&mut data)?;
            Ok(Some(data))
        }
        _ => Ok(None),
    }
}

fn corrupt(error: io::Error) -> SourceError {
    SourceError::Corrupt(format!("the archive: {}", error.kind()))
}
