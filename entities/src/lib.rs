//! Rows, ids, statuses and scoped queries.
//!
//! This crate knows nothing else of ours. Everything that reads or writes the database goes through it.

pub mod memory_kind;
pub mod object;
pub mod source_spec;

pub use memory_kind::MemoryKind;
pub use object::{ContentHash, FileKind, FileMode, ObjectId, PathHash};
pub use source_spec::{SourceSpec, SourceSpecError};
