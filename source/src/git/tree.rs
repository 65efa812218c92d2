//! What a tree object tells.

use entities::ObjectId;
use gix::objs::Kind;

use crate::{
    SourceError,
    object::{self, TreeEntry},
};

/// Reads a tree's bytes after checking that they hash to `id`.
pub(super) fn read(id: ObjectId, kind: Option<Kind>, bytes: &[u8]) -> Result<Vec<TreeEntry>, SourceError> {
    if kind != Some(Kind::Tree) {
        return Err(SourceError::Corrupt(format!("object {id} is no tree")));
    }
    if object::object_id(Kind::Tree, bytes) != id {
        return Err(SourceError::Corrupt(format!("tree {id} has other bytes than its id says")));
    }
    object::decode_tree(bytes).map_err(|error| SourceError::Corrupt(format!("tree {id}: {error}")))
}
