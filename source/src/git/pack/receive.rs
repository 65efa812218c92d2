//! Writing a pack to disk while it arrives, and learning its objects' ids on the way.
//!
//! The format is git's `Documentation/gitformat-pack.txt`: `PACK`, version, count, the entries, and the SHA-1 of all
//! that. Whole objects are hashed while they are inflated, in constant memory. Deltas are resolved afterwards
//! (`resolve`). A base that the pack does not hold (a "thin" pack) is an error: the pack was asked to be complete.

use std::{
    fs::File,
    io::{BufRead, BufWriter, Write},
    path::Path,
};

use entities::ObjectId;
use gix::{
    hash::Hasher,
    objs::Kind,
    zlib::{Decompress, FlushDecompress, Status},
};
use sha1::{Digest, Sha1};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::{
    super::pktline::unwrap, Entry, NO_BASE, Pack, REBUILD_FACTOR, check_delta, check_meta, corrupt, delta,
    resolve::resolve,
};
use crate::SourceError;

/// How much is inflated at a time, in bytes.
const INFLATE_BYTES: usize = 64 << 10;

/// Both sizes at the start of a delta take at most this many bytes.
const DELTA_HEADER_BYTES: usize = 20;

/// What bounds the reception of a pack.
pub(in super::super) struct Limits<'a> {
    /// Where the pack's folder is made.
    pub(in super::super) scratch: &'a Path,
    /// The largest pack, in bytes.
    pub(in super::super) max_bytes: u64,
    /// The most objects.
    pub(in super::super) max_objects: u32,
    /// What all objects may come to, in bytes.
    pub(in super::super) max_unpacked_bytes: u64,
    /// Ends the work early.
    pub(in super::super) cancel: &'a CancellationToken,
}

/// Reads one pack from `input`, up to its end.
pub(in super::super) fn receive(input: impl BufRead, limits: &Limits<'_>) -> Result<Pack, SourceError> {
    let action = format!("keep a pack in {}", limits.scratch.display());
    let folder = private_folder(limits.scratch).map_err(SourceError::io(action.clone()))?;
    let path = folder.path().join("pack");
    let file = File::create(&path).map_err(SourceError::io(action.clone()))?;
    let mut incoming = Incoming {
        input,
        file: BufWriter::with_capacity(INFLATE_BYTES, file),
        hash: Sha1::new(),
        position: 0,
        max_bytes: limits.max_bytes,
        action,
    };
    let mut index = Index { max_unpacked_bytes: limits.max_unpacked_bytes, ..Index::default() };
    let count = incoming.header()?;
    if count > limits.max_objects {
        let limit = format!("{} objects", limits.max_objects);
        return Err(SourceError::TooLarge { what: "the pack".into(), limit });
    }
    let mut inflater = Inflater { zlib: Decompress::new(), output: vec![0; INFLATE_BYTES] };
    for _ in 0..count {
        if limits.cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        index.take_entry(&mut incoming, &mut inflater)?;
    }
    let end = incoming.position;
    incoming.trailer()?;
    let max_made = limits.max_unpacked_bytes.saturating_mul(REBUILD_FACTOR);
    let mut pack = Pack { _folder: folder, path, entries: index.entries, by_id: Vec::new(), end, max_made };
    resolve(&mut pack, index.bases_by_id, limits.cancel)?;
    pack.sort_ids();
    Ok(pack)
}

/// A temporary folder that other users cannot look into: the repository may be private.
fn private_folder(scratch: &Path) -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("project-sync-pack-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir_in(scratch)
}

/// The stream as it arrives; whatever is taken from it is hashed and written down.
struct Incoming<R> {
    input: R,
    file: BufWriter<File>,
    hash: Sha1,
    position: u64,
    max_bytes: u64,
    /// What is being done, for errors.
    action: String,
}

impl<R: BufRead> Incoming<R> {
    /// The bytes at hand, at least one.
    fn peek(&mut self) -> Result<&[u8], SourceError> {
        let bytes = self.input.fill_buf().map_err(unwrap)?;
        if bytes.is_empty() {
            return Err(corrupt("the pack ends early"));
        }
        Ok(bytes)
    }

    /// Takes `count` of the bytes that [`Incoming::peek`] gave.
    fn take(&mut self, count: usize) -> Result<(), SourceError> {
        let bytes = &self.input.fill_buf().map_err(unwrap)?[..count];
        self.position += count as u64;
        if self.position > self.max_bytes {
            let limit = format!("{} bytes", self.max_bytes);
            return Err(SourceError::TooLarge { what: "the pack".into(), limit });
        }
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(SourceError::io(self.action.clone()))?;
        self.input.consume(count);
        Ok(())
    }

    fn byte(&mut self) -> Result<u8, SourceError> {
        let byte = self.peek()?[0];
        self.take(1)?;
        Ok(byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], SourceError> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    /// Checks the pack's header and gives the number of its entries.
    fn header(&mut self) -> Result<u32, SourceError> {
        if &self.bytes::<4>()? != b"PACK" {
            return Err(corrupt("what came is no pack"));
        }
        match u32::from_be_bytes(self.bytes()?) {
            2 | 3 => Ok(u32::from_be_bytes(self.bytes()?)),
            version => Err(SourceError::Unsupported(format!("packs of version {version}"))),
        }
    }

    /// Checks the SHA-1 at the end, that nothing follows it, and that all is written.
    fn trailer(&mut self) -> Result<(), SourceError> {
        let hash = self.hash.clone().finalize();
        if self.bytes::<20>()?[..] != hash[..] {
            return Err(corrupt("the pack's checksum does not match its bytes"));
        }
        if !self.input.fill_buf().map_err(unwrap)?.is_empty() {
            return Err(corrupt("bytes follow the pack"));
        }
        self.file.flush().map_err(SourceError::io(self.action.clone()))
    }
}

struct Inflater {
    zlib: Decompress,
    output: Vec<u8>,
}

impl Inflater {
    /// Inflates one zlib stream of `size` bytes into `sink`, piece by piece.
    fn run<R: BufRead>(
        &mut self,
        incoming: &mut Incoming<R>,
        size: u64,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<(), SourceError> {
        let wrong_size = || corrupt("an object in the pack has another size than it says");
        self.zlib.reset();
        loop {
            let input = incoming.peek()?;
            let (before_in, before_out) = (self.zlib.total_in(), self.zlib.total_out());
            let status = self
                .zlib
                .decompress(input, &mut self.output, FlushDecompress::None)
                .map_err(|_| corrupt("an object in the pack does not inflate"))?;
            let taken = (self.zlib.total_in() - before_in) as usize;
            let made = (self.zlib.total_out() - before_out) as usize;
            sink(&self.output[..made]);
            incoming.take(taken)?;
            if self.zlib.total_out() > size {
                return Err(wrong_size());
            }
            if status == Status::StreamEnd {
                return if self.zlib.total_out() == size { Ok(()) } else { Err(wrong_size()) };
            }
            if taken == 0 && made == 0 {
                return Err(corrupt("an object in the pack does not inflate"));
            }
        }
    }
}

#[derive(Default)]
struct Index {
    entries: Vec<Entry>,
    /// Deltas whose base is named by id and not looked up yet.
    bases_by_id: Vec<(u32, ObjectId)>,
    /// What the entries so far come to, in bytes.
    unpacked: u64,
    max_unpacked_bytes: u64,
}

impl Index {
    /// Reads one entry: its header, and all of its compressed bytes.
    fn take_entry<R: BufRead>(
        &mut self,
        incoming: &mut Incoming<R>,
        inflater: &mut Inflater,
    ) -> Result<(), SourceError> {
        let start = incoming.position;
        let (kind, declared) = entry_header(incoming)?;
        let mut entry = Entry {
            id: ObjectId([0; 20]),
            start,
            data: 0,
            size: declared,
            base: NO_BASE,
            kind: None,
            is_base: false,
        };
        match kind {
            1 => entry.kind = Some(Kind::Commit),
            2 => entry.kind = Some(Kind::Tree),
            3 => entry.kind = Some(Kind::Blob),
            4 => entry.kind = Some(Kind::Tag),
            6 => entry.base = self.base_at_distance(start, distance(incoming)?)?,
            7 => self.bases_by_id.push((self.entries.len() as u32, ObjectId(incoming.bytes()?))),
            _ => return Err(corrupt("an object of an unknown kind in the pack")),
        }
        entry.data = incoming.position;
        // Before anything is inflated.
        self.unpack(declared)?;
        match entry.kind {
            Some(kind) => {
                check_meta(kind, declared)?;
                let mut hasher = start_hash(kind, declared);
                inflater.run(incoming, declared, |bytes| hasher.update(bytes))?;
                entry.id = finish_hash(hasher)?;
            }
            None => {
                check_delta(declared)?;
                let mut head = Vec::with_capacity(DELTA_HEADER_BYTES);
                inflater.run(incoming, declared, |bytes| {
                    head.extend(bytes.iter().take(DELTA_HEADER_BYTES - head.len()));
                })?;
                entry.size = delta::sizes(&head)?.1;
                check_delta(entry.size)?;
                self.unpack(entry.size)?;
            }
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Counts bytes that an entry comes to.
    fn unpack(&mut self, bytes: u64) -> Result<(), SourceError> {
        self.unpacked = self.unpacked.saturating_add(bytes);
        if self.unpacked > self.max_unpacked_bytes {
            return Err(SourceError::too_large("the pack, unpacked,", self.max_unpacked_bytes));
        }
        Ok(())
    }

    fn base_at_distance(&mut self, start: u64, distance: u64) -> Result<u32, SourceError> {
        let base = start
            .checked_sub(distance)
            .and_then(|base| self.entries.binary_search_by_key(&base, |entry| entry.start).ok())
            .ok_or_else(|| corrupt("a delta in the pack has no base"))?;
        self.entries[base].is_base = true;
        Ok(base as u32)
    }
}

/// The kind and size that an entry starts with.
fn entry_header<R: BufRead>(incoming: &mut Incoming<R>) -> Result<(u8, u64), SourceError> {
    let mut byte = incoming.byte()?;
    let kind = byte >> 4 & 7;
    let mut size = u64::from(byte & 15);
    let mut shift = 4;
    while byte & 0x80 != 0 {
        if shift > 53 {
            return Err(corrupt("an object in the pack has a malformed size"));
        }
        byte = incoming.byte()?;
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
    }
    Ok((kind, size))
}

/// How far before its own entry a delta's base is.
fn distance<R: BufRead>(incoming: &mut Incoming<R>) -> Result<u64, SourceError> {
    let mut byte = incoming.byte()?;
    let mut distance = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        if distance >= 1 << 55 {
            return Err(corrupt("a delta in the pack has a malformed base"));
        }
        byte = incoming.byte()?;
        distance = (distance + 1) << 7 | u64::from(byte & 0x7f);
    }
    Ok(distance)
}

fn start_hash(kind: Kind, size: u64) -> Hasher {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(&gix::objs::encode::loose_header(kind, size));
    hasher
}

fn finish_hash(hasher: Hasher) -> Result<ObjectId, SourceError> {
    hasher
        .try_finalize()
        .ok()
        .and_then(|id| id.as_bytes().try_into().ok())
        .map(ObjectId)
        .ok_or_else(|| corrupt("an object in the pack carries a SHA-1 collision attack"))
}

#[cfg(test)]
mod tests;
