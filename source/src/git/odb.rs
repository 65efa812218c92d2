//! Reading the object database of a local repository without letting its memory maps pile up.
//!
//! gix maps packs and their indices into memory. Pages that were touched count as this process's memory until the map
//! goes away, so a reader that went through a gigabyte of packs would hold a gigabyte. Reopening the database now and
//! then costs little and lets go of them; the kernel's page cache still has the bytes.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use entities::ObjectId;
use gix::{
    hash,
    objs::{Find, Kind},
    odb::{Handle, Header, pack},
};

use super::blobs::ReadBlob;
use crate::{SourceError, object::MAX_META_BYTES};

/// After reading about this many bytes of packs, the database is reopened.
const REOPEN_BYTES: u64 = 32 << 20;

/// What looking at one object touches of memory maps, in bytes: the kernel maps 16 pages around the one that is wanted.
const TOUCHED_BYTES: u64 = 64 << 10;

/// The most bytes of delta bases that one reader keeps.
const CACHE_BYTES: usize = 16 << 20;

/// A reader on one thread.
pub(super) struct Odb {
    objects: PathBuf,
    handle: Handle,
    buffer: Vec<u8>,
    /// Bytes read since the database was opened.
    used: u64,
}

impl Odb {
    /// Opens the database in a repository's `objects` folder. References that replace objects are not followed: an id
    /// always gives the object that hashes to it.
    pub(super) fn open(objects: &Path) -> Result<Self, SourceError> {
        let handle = handle(objects)?;
        Ok(Self { objects: objects.to_owned(), handle, buffer: Vec::new(), used: 0 })
    }

    fn spend(&mut self, bytes: u64) -> Result<(), SourceError> {
        self.used += bytes;
        if self.used > REOPEN_BYTES {
            self.handle = handle(&self.objects)?;
            self.used = 0;
        }
        Ok(())
    }

    /// The kind and bytes of a commit or tree, if it is there. The bytes are not checked against the id.
    pub(super) fn read_meta(&mut self, id: ObjectId) -> Result<Option<(Kind, Bytes)>, SourceError> {
        let header = Header::try_header(&self.handle, &hash::ObjectId::from(id.0));
        match header.map_err(|error| unreadable(id, &error))? {
            None => Ok(None),
            Some(header) if header.size() > MAX_META_BYTES => {
                Err(SourceError::too_large(format!("{} {id}", header.kind()), MAX_META_BYTES))
            }
            Some(_) => self.read(id),
        }
    }

    /// The kind and bytes of an object, if it is there.
    fn read(&mut self, id: ObjectId) -> Result<Option<(Kind, Bytes)>, SourceError> {
        let gix_id = hash::ObjectId::from(id.0);
        let found =
            self.handle.try_find(&gix_id, &mut self.buffer).map_err(|error| unreadable(id, &error))?;
        let Some(kind) = found.map(|object| object.kind) else { return Ok(None) };
        let bytes = Bytes::from(std::mem::take(&mut self.buffer));
        self.spend(bytes.len() as u64 + TOUCHED_BYTES)?;
        Ok(Some((kind, bytes)))
    }

    /// A blob's size, if it is there, without reading its content.
    pub(super) fn blob_size(&mut self, id: ObjectId) -> Result<Option<u64>, SourceError> {
        let header = Header::try_header(&self.handle, &hash::ObjectId::from(id.0));
        let header = header.map_err(|error| unreadable(id, &error))?;
        self.spend(TOUCHED_BYTES)?;
        Ok(header.filter(|header| header.kind() == Kind::Blob).map(|header| header.size()))
    }
}

impl ReadBlob for Odb {
    fn read_blob(&mut self, id: ObjectId) -> Result<Bytes, SourceError> {
        match self.read(id)? {
            Some((Kind::Blob, bytes)) => Ok(bytes),
            Some(_) => Err(SourceError::Corrupt(format!("object {id} is no blob"))),
            None => Err(SourceError::Missing(id)),
        }
    }
}

fn handle(objects: &Path) -> Result<Handle, SourceError> {
    let mut handle = gix::odb::at(objects, hash::Kind::Sha1)
        .map_err(SourceError::io(format!("open the objects in {}", objects.display())))?;
    handle.set_pack_cache(|| Box::new(pack::cache::lru::MemoryCappedHashmap::new(CACHE_BYTES)));
    Ok(handle)
}

fn unreadable(id: ObjectId, error: &gix::Error) -> SourceError {
    SourceError::Corrupt(format!("object {id} cannot be read: {error}"))
}

/// Sorts ids by where their objects are on disk, so that reading them in this order reads packs from front to back and
/// finds delta bases in the cache. Loose objects come last. An order is all it is: what cannot be found is left to
/// whoever reads.
pub(super) fn sort_by_place(objects: &Path, ids: &mut [ObjectId]) {
    let indices: Vec<pack::index::File> = index_files(objects)
        .into_iter()
        .filter_map(|path| pack::index::File::at(path, hash::Kind::Sha1).ok())
        .collect();
    ids.sort_by_cached_key(|id| {
        let gix_id = hash::ObjectId::from(id.0);
        let place = indices.iter().enumerate().find_map(|(number, index)| {
            let entry = index.lookup(gix_id)?;
            Some((number, index.pack_offset_at_index(entry)))
        });
        (place.is_none(), place, *id)
    });
}

/// The folders that a database borrows objects from.
pub(super) fn borrowed_folders(objects: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let current = std::env::current_dir().unwrap_or_default();
    gix::odb::alternate::resolve(objects.to_owned(), &current)
        .map_err(|_| SourceError::Unsupported("the way this repository borrows objects".to_owned()))
}

/// The index files of a database and of those it borrows from.
fn index_files(objects: &Path) -> Vec<PathBuf> {
    let mut folders = borrowed_folders(objects).unwrap_or_default();
    folders.insert(0, objects.to_owned());
    let files = folders.iter().filter_map(|folder| folder.join("pack").read_dir().ok()).flatten();
    let mut files: Vec<PathBuf> = files
        .filter_map(|file| Some(file.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .collect();
    files.sort();
    files
}
