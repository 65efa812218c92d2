//! Reading objects out of a pack on disk.

use std::{
    collections::{HashMap, VecDeque},
    fs::File,
    io::{Read, Seek, SeekFrom},
};

use bytes::Bytes;
use gix::zlib::{Decompress, FlushDecompress, Status};

use super::{MAX_DELTA_OBJECT_BYTES, NO_BASE, Pack, check_delta, corrupt, delta};
use crate::SourceError;

/// How much of a pack is read at a time, in bytes.
const READ_BYTES: usize = 64 << 10;

/// The longest chain of deltas that is followed. Git's own limit is 4,095.
const MAX_CHAIN: usize = 4_096;

/// The most bytes of delta bases that one reader keeps.
const CACHE_BYTES: usize = 16 << 20;

/// The most memory set aside for an object on the word of a header, in bytes; more comes as bytes do.
const MAX_TRUSTED_BYTES: u64 = 1 << 20;

/// Reads objects from one pack, on one thread. The pack is passed in, so that whoever reads may also own it.
pub(in super::super) struct Decoder {
    file: File,
    input: Vec<u8>,
    zlib: Decompress,
    cache: BaseCache,
    /// The bytes that were made so far.
    made: u64,
}

impl Decoder {
    /// A reader with a file handle of its own.
    pub(in super::super) fn open(pack: &Pack) -> Result<Self, SourceError> {
        let file = File::open(&pack.path).map_err(SourceError::io("open the fetched pack"))?;
        Ok(Self {
            file,
            input: vec![0; READ_BYTES],
            zlib: Decompress::new(),
            cache: BaseCache::default(),
            made: 0,
        })
    }

    /// The bytes of the object at `index`, with its deltas applied.
    pub(in super::super) fn decode(&mut self, pack: &Pack, index: usize) -> Result<Bytes, SourceError> {
        let mut chain = Vec::new();
        let mut at = index;
        let mut object = loop {
            if let Some(known) = self.cache.get(at) {
                break known;
            }
            let entry = &pack.entries[at];
            if entry.base == NO_BASE {
                if !chain.is_empty() {
                    check_delta(entry.size)?;
                }
                let object = Bytes::from(self.inflate(pack, at, entry.size)?);
                self.cache.keep(pack, at, &object);
                break object;
            }
            chain.push(at);
            if chain.len() > MAX_CHAIN {
                return Err(corrupt("a chain of deltas in the pack is too long"));
            }
            at = entry.base as usize;
        };
        while let Some(at) = chain.pop() {
            let delta = self.inflate(pack, at, MAX_DELTA_OBJECT_BYTES)?;
            check_delta(delta::sizes(&delta)?.1)?;
            object = Bytes::from(delta::apply(&object, &delta)?);
            self.count(pack, object.len())?;
            self.cache.keep(pack, at, &object);
        }
        Ok(object)
    }

    /// Counts bytes that were made. Those of an honest pack are far from the limit.
    fn count(&mut self, pack: &Pack, bytes: usize) -> Result<(), SourceError> {
        self.made += bytes as u64;
        if self.made > pack.max_made {
            return Err(SourceError::too_large("what is made to rebuild the pack's objects", pack.max_made));
        }
        Ok(())
    }

    /// Inflates the bytes of one entry, of which there may be at most `limit`.
    fn inflate(&mut self, pack: &Pack, index: usize, limit: u64) -> Result<Vec<u8>, SourceError> {
        let (mut position, end) = pack.range(index);
        let io = |error| SourceError::io("read the fetched pack")(error);
        self.file.seek(SeekFrom::Start(position)).map_err(io)?;
        self.zlib.reset();
        // A little more than needed, so that the end of the stream is found without growing.
        let expected = limit.min(pack.entries[index].size).min(MAX_TRUSTED_BYTES) as usize;
        let mut output = vec![0; expected + 64];
        let mut written = 0;
        while position < end {
            let count = (end - position).min(READ_BYTES as u64) as usize;
            self.file.read_exact(&mut self.input[..count]).map_err(io)?;
            position += count as u64;
            let mut input = &self.input[..count];
            loop {
                if written == output.len() {
                    if written as u64 > limit {
                        return Err(corrupt("an object in the pack has another size than it says"));
                    }
                    output.resize(written * 2, 0);
                }
                let (before_in, before_out) = (self.zlib.total_in(), self.zlib.total_out());
                let status = self
                    .zlib
                    .decompress(input, &mut output[written..], FlushDecompress::None)
                    .map_err(|_| corrupt("an object in the pack does not inflate"))?;
                let (taken, made) = (
                    (self.zlib.total_in() - before_in) as usize,
                    (self.zlib.total_out() - before_out) as usize,
                );
                input = &input[taken..];
                written += made;
                if status == Status::StreamEnd {
                    self.count(pack, written)?;
                    output.truncate(written);
                    output.shrink_to_fit();
                    return Ok(output);
                }
                if taken == 0 && made == 0 && (input.is_empty() || written < output.len()) {
                    break;
                }
            }
        }
        Err(corrupt("an object in the pack is incomplete"))
    }
}

/// Delta bases that were needed lately, forgotten by the clock rule: what was used since the hand last passed stays.
#[derive(Default)]
struct BaseCache {
    objects: HashMap<usize, (Bytes, bool)>,
    clock: VecDeque<usize>,
    bytes: usize,
}

impl BaseCache {
    fn get(&mut self, index: usize) -> Option<Bytes> {
        let (object, used) = self.objects.get_mut(&index)?;
        *used = true;
        Some(object.clone())
    }

    /// Keeps an object if others are deltas of it and it is not too large to be worth it.
    fn keep(&mut self, pack: &Pack, index: usize, object: &Bytes) {
        if !pack.entries[index].is_base || object.len() > CACHE_BYTES / 2 {
            return;
        }
        if self.objects.insert(index, (object.clone(), false)).is_none() {
            self.clock.push_back(index);
            self.bytes += object.len();
        }
        while self.bytes > CACHE_BYTES {
            let Some(oldest) = self.clock.pop_front() else { break };
            match self.objects.get_mut(&oldest) {
                Some((_, used)) if *used => {
                    *used = false;
                    self.clock.push_back(oldest);
                }
                _ => self.bytes -= self.objects.remove(&oldest).map_or(0, |(object, _)| object.len()),
            }
        }
    }
}
