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

use super::{message::broken, transport::Body};
use crate::{Blob, SourceContext, SourceError, WantedBlob, object::blob_id};

/// Pieces of the archive that wait between the network and the thread that unpacks it.
const PIPE_PIECES: usize = 32;

/// What bounds an archive.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    /// Its largest size, in bytes.
    pub(super) max_bytes: u64,
    /// What it may come to when it is unpacked, in bytes.
    pub(super) max_unpacked_bytes: u64,
    /// The most files, folders and headers in it.
    pub(super) max_entries: usize,
}

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

/// Unpacks `body`, within `bounds`, as it arrives and sends what remains to be sent of it.
pub(super) async fn stream(
    body: Body,
    host: &str,
    bounds: Bounds,
    remaining: &Remaining,
    blobs: &mpsc::Sender<Blob>,
    context: &SourceContext,
) -> Result<(), SourceError> {
    let (pieces, pipe) = mpsc::channel(PIPE_PIECES);
    let (remaining, blobs) = (remaining.clone(), blobs.clone());
    let unpacking = tokio::task::spawn_blocking(move || unpack(Pipe::new(pipe), bounds, &remaining, &blobs));
    let fed = feed(body, host, bounds.max_bytes, pieces, context).await;
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

pub(super) fn unpack(
    pipe: impl Read,
    bounds: Bounds,
    remaining: &Remaining,
    blobs: &mpsc::Sender<Blob>,
) -> Result<(), SourceError> {
    let sizes = remaining.sizes();
    let mut archive = Archive::new(Bounded { inner: GzDecoder::new(pipe), left: bounds.max_unpacked_bytes });
    // Raw: headers that go before a file (long names, links, attributes) are read into memory otherwise, however long
    // they say to be. A link whose target does not fit into its own header is not found here and asked for by itself.
    for (index, entry) in archive.entries().map_err(corrupt)?.raw(true).enumerate() {
        if index >= bounds.max_entries {
            let limit = format!("{} entries", bounds.max_entries);
            return Err(SourceError::TooLarge { what: "the archive".into(), limit });
        }
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

/// A reader that fails when more than a bound comes out of it.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or(io::ErrorKind::QuotaExceeded)?;
        Ok(count)
    }
}

fn corrupt(error: io::Error) -> SourceError {
    if error.kind() == io::ErrorKind::QuotaExceeded {
        let limit = "source.max_unpacked_bytes".to_owned();
        return SourceError::TooLarge { what: "the archive, unpacked,".to_owned(), limit };
    }
    SourceError::Corrupt(format!("the archive: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use tar::Header;

    use super::*;

    const BOUNDS: Bounds = Bounds { max_bytes: 1 << 20, max_unpacked_bytes: 4 << 20, max_entries: 20 };

    fn entry(kind: EntryType, size: u64) -> Header {
        let mut header = Header::new_gnu();
        header.set_path("a").unwrap();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        header
    }

    /// An archive of these entries, each of so many zeros, compressed. What a header says need not be there.
    fn archive(entries: &[(Header, usize)]) -> Vec<u8> {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        for (header, size) in entries {
            gzip.write_all(header.as_bytes()).unwrap();
            gzip.write_all(&vec![0; size.next_multiple_of(512)]).unwrap();
        }
        gzip.write_all(&[0; 1024]).unwrap();
        gzip.finish().unwrap()
    }

    /// Looks for a file of three zeros; gives how many were found.
    fn look(archive: &[u8]) -> Result<usize, SourceError> {
        let remaining = Remaining::new(&[WantedBlob { id: blob_id(&[0; 3]), size: 3 }]);
        let (sender, mut found) = mpsc::channel(4);
        unpack(archive, BOUNDS, &remaining, &sender)?;
        drop(sender);
        Ok(std::iter::from_fn(|| found.blocking_recv()).count())
    }

    #[test]
    fn what_is_wanted_is_found_behind_headers_of_other_kinds() {
        let file = (entry(EntryType::Regular, 3), 3);
        let before = |kind| (entry(kind, 1_000), 1_000);
        assert_eq!(
            look(&archive(&[before(EntryType::XGlobalHeader), before(EntryType::XHeader), file])).unwrap(),
            1
        );
        assert_eq!(look(&archive(&[before(EntryType::Regular)])).unwrap(), 0);
    }

    #[test]
    fn bombs_are_refused() {
        let kinds = [
            EntryType::Regular,
            EntryType::XHeader,
            EntryType::XGlobalHeader,
            EntryType::GNULongName,
            EntryType::GNULongLink,
            EntryType::GNUSparse,
        ];
        for kind in kinds {
            let bomb = archive(&[(entry(kind, 16 << 20), 16 << 20)]);
            assert!(bomb.len() < 200_000);
            assert!(matches!(look(&bomb), Err(SourceError::TooLarge { .. })), "{kind:?}");
            let lie = archive(&[(entry(kind, 1 << 50), 0)]);
            assert!(matches!(look(&lie), Err(SourceError::Corrupt(_))), "{kind:?}");
        }
        let many: Vec<_> = (0..BOUNDS.max_entries + 1).map(|_| (entry(EntryType::Regular, 0), 0)).collect();
        assert!(matches!(look(&archive(&many)), Err(SourceError::TooLarge { .. })));
        assert_eq!(look(&archive(&many[1..])).unwrap(), 0);
    }
}
