//! Finding out the kinds and ids of a pack's deltas, once all of the pack is on disk.

use std::collections::HashMap;

use entities::ObjectId;
use gix::objs::Kind;
use tokio_util::sync::CancellationToken;

use super::{Decoder, Pack, check_meta, corrupt};
use crate::{SourceError, object};

/// The most threads that resolve deltas.
const MAX_THREADS: usize = 2;

/// Gives every delta its kind and id. Each round resolves those whose chain is complete; with bases named by distance,
/// which is what is asked for, one round is all.
pub(super) fn resolve(
    pack: &mut Pack,
    mut by_id: Vec<(u32, ObjectId)>,
    cancel: &CancellationToken,
) -> Result<(), SourceError> {
    let mut pending: Vec<u32> =
        (0..pack.entries.len() as u32).filter(|index| pack.entries[*index as usize].kind.is_none()).collect();
    let mut known: HashMap<ObjectId, u32> = HashMap::new();
    if !by_id.is_empty() {
        let whole = pack.entries.iter().enumerate().filter(|(_, entry)| entry.kind.is_some());
        known = whole.map(|(index, entry)| (entry.id, index as u32)).collect();
    }
    while !pending.is_empty() {
        by_id.retain(|(index, id)| match known.get(id) {
            Some(base) => {
                pack.entries[*index as usize].base = *base;
                pack.entries[*base as usize].is_base = true;
                false
            }
            None => true,
        });
        let mut ready = Vec::new();
        pending.retain(|index| {
            let base = pack.entries[*index as usize].base;
            let kind = pack.entries.get(base as usize).and_then(|base| base.kind);
            pack.entries[*index as usize].kind = kind;
            if kind.is_some() {
                ready.push(*index);
            }
            kind.is_none()
        });
        if ready.is_empty() {
            return Err(corrupt("a delta in the pack has no base"));
        }
        for (index, id) in hash_all(pack, &ready, cancel)? {
            pack.entries[index as usize].id = id;
            if !by_id.is_empty() {
                known.insert(id, index);
            }
        }
    }
    Ok(())
}

type Hashed = Vec<(u32, ObjectId)>;

/// Decodes and hashes these entries, on as many threads as help.
fn hash_all(pack: &Pack, ready: &[u32], cancel: &CancellationToken) -> Result<Hashed, SourceError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = ready.len().div_ceil(cores.min(MAX_THREADS)).max(64);
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            ready.chunks(share).map(|part| scope.spawn(move || hash_part(pack, part, cancel))).collect();
        let mut all = Vec::with_capacity(ready.len());
        for part in parts {
            all.extend(part.join().map_err(|_| corrupt("a delta in the pack cannot be read"))??);
        }
        Ok(all)
    })
}

fn hash_part(pack: &Pack, part: &[u32], cancel: &CancellationToken) -> Result<Hashed, SourceError> {
    let mut decoder = Decoder::open(pack)?;
    let hash = |index: &u32| {
        if cancel.is_cancelled() {
            return Err(SourceError::Cancelled);
        }
        let entry = &pack.entries[*index as usize];
        let kind = entry.kind.unwrap_or(Kind::Blob);
        check_meta(kind, entry.size)?;
        let bytes = decoder.decode(pack, *index as usize)?;
        Ok((*index, object::object_id(kind, &bytes)))
    };
    part.iter().map(hash).collect()
}
