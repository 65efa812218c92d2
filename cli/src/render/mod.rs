//! How things are printed: for people as aligned text, for programs as JSON.

pub mod record;
pub mod table;
pub mod text;
