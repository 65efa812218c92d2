//! The diff-aware sync pipeline: sources on one side, rows on the other.

pub mod memory;
pub mod object;
pub mod settings;
pub mod source;
