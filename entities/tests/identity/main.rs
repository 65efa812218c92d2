//! Who may do what, on both databases.

mod audit;
mod members;
mod sessions;
mod stage;
mod tokens;
