//! The diff-aware sync pipeline: sources on one side, rows on the other.
//!
//! [`submit`] turns what a user asks for into a row; [`pipeline`] runs it; [`source`] reads repositories; [`memory`]
//! derives knowledge from files; [`proof`] shows that rows and commit are the same.

pub mod clock;
pub mod error;
pub mod instance;
pub mod memory;
pub mod object;
pub mod pipeline;
pub mod proof;
pub mod settings;
pub mod source;
pub mod submit;
