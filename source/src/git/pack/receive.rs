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

use super::{super::pktline::unwrap, Entry, NO_BASE, Pack, corrupt, delta, resolve::resolve};
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
    let mut index = Index::default();
    let count = incoming.header()?;
    let mut inflater = Inflater { zlib: Decompress::new(), output: vec![0; INFLATE_BYTES] };
    for _ in 0..count {
        if limits.cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        index.take_entry(&mut incoming, &mut inflater)?;
    }
    let end = incoming.position;
    incoming.trailer()?;
    let mut pack = Pack { _folder: folder, path, entries: index.entries, by_id: Vec::new(), end };
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
    /// Inflates one zlib stream into `sink`, piece by piece.
    fn run<R: BufRead>(
        &mut self,
        incoming: &mut Incoming<R>,
        mut sink: impl FnMut(&[u8]),
    ) -> Result<u64, SourceError> {
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
            if status == Status::StreamEnd {
                return Ok(self.zlib.total_out());
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
        let inflated = match entry.kind {
            Some(kind) => {
                let mut hasher = start_hash(kind, declared);
                let inflated = inflater.run(incoming, |bytes| hasher.update(bytes))?;
                entry.id = finish_hash(hasher)?;
                inflated
            }
            None => {
                let mut head = Vec::with_capacity(DELTA_HEADER_BYTES);
                let inflated = inflater.run(incoming, |bytes| {
                    head.extend(bytes.iter().take(DELTA_HEADER_BYTES - head.len()));
                })?;
                entry.size = delta::sizes(&head)?.1;
                inflated
            }
        };
        if inflated != declared {
            return Err(corrupt("an object in the pack has another size than it says"));
        }
        self.entries.push(entry);
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
mod tests {
    use super::{super::Decoder, *};
    use crate::object;

    /// A pack with these entries, each given as its header and its bytes before compression.
    fn pack(entries: &[(&[u8], &[u8])]) -> Vec<u8> {
        let mut pack = b"PACK\0\0\0\x02".to_vec();
        pack.extend_from_slice(&(entries.len() as u32).to_be_bytes());
        for (header, bytes) in entries {
            pack.extend_from_slice(header);
            let mut zlib = flate2::write::ZlibEncoder::new(&mut pack, flate2::Compression::default());
            zlib.write_all(bytes).unwrap();
            zlib.finish().unwrap();
        }
        let hash = Sha1::digest(&pack);
        pack.extend_from_slice(&hash);
        pack
    }

    fn read(pack: &[u8]) -> Result<Pack, SourceError> {
        let (scratch, cancel) = (std::env::temp_dir(), CancellationToken::new());
        receive(pack, &Limits { scratch: &scratch, max_bytes: 1 << 20, cancel: &cancel })
    }

    fn ref_delta(base: &[u8], size: u8) -> Vec<u8> {
        [&[0x70 | size][..], &object::blob_id(base).0].concat()
    }

    #[test]
    fn deltas_that_name_their_base_by_id_may_come_before_it() {
        let (first, second, third) = (&b"hello world"[..], &b"hello, ld"[..], &b"hello"[..]);
        let to_second = [11, 9, 0x90, 5, 2, b',', b' ', 0x91, 9, 2];
        let to_third = [9, 5, 0x90, 5];
        let pack = pack(&[
            (&ref_delta(second, 4), &to_third),
            (&ref_delta(first, 10), &to_second),
            (&[0x3b], first),
        ]);
        let pack = read(&pack).unwrap();
        let mut decoder = Decoder::open(&pack).unwrap();
        for content in [first, second, third] {
            let index = pack.find(object::blob_id(content)).unwrap();
            assert_eq!(pack.kind_and_size(index), (Some(Kind::Blob), content.len() as u64));
            assert_eq!(decoder.decode(&pack, index).unwrap(), content);
        }
    }

    #[test]
    fn thin_packs_and_malformed_entries_are_corrupt() {
        let thin = pack(&[(&ref_delta(b"hello world", 4), &[11, 5, 0x90, 5])]);
        let no_such_distance = pack(&[(&[0x64, 5], &[11, 5, 0x90, 5])]);
        let wrong_size = pack(&[(&[0x3c], b"hello world")]);
        let unknown_kind = pack(&[(&[0x5b], b"hello world")]);
        let mut trailing = pack(&[(&[0x3b], b"hello world")]);
        trailing.push(0);
        for bad in [thin, no_such_distance, wrong_size, unknown_kind, trailing] {
            assert!(matches!(read(&bad), Err(SourceError::Corrupt(_))));
        }
        assert_eq!(read(&pack(&[])).unwrap().len(), 0);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_is_reported_as_such() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let bytes = pack(&[(&[0x3b], b"hello world")]);
        let mut incoming = Incoming {
            input: &bytes[..],
            file: BufWriter::new(full),
            hash: Sha1::new(),
            position: 0,
            max_bytes: 1 << 20,
            action: "keep a pack".into(),
        };
        incoming.take(bytes.len() - 20).unwrap();
        assert!(matches!(incoming.trailer(), Err(SourceError::Io { .. })));
    }
}
